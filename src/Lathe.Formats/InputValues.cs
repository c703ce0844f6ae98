using System.Globalization;
using System.Text.RegularExpressions;
using Lathe.Tensors;

namespace Lathe.Formats;

/// <summary>
/// The values that a user gives to a model's inputs so that it can be read, written <c>sr:16000 past:false axes:[1,2]</c>, with blanks, commas or semicolons between them. A name is
/// everything before the last colon. What is in brackets is a vector, else it is a scalar, or the only element of an input that has one: integers are i64, numbers with a point f32, <c>true</c> and <c>false</c> bool; each is
/// converted to its input's type.
/// </summary>
public static partial class InputValues
{
    private const NumberStyles Integer = NumberStyles.AllowLeadingSign;

    /// <summary>Reads the notation above. Throws a <see cref="ModelException"/> that shows where it does not fit.</summary>
    public static IReadOnlyDictionary<string, Tensor> Parse(string? text)
    {
        var values = new Dictionary<string, Tensor>();
        int at = 0;
        foreach (Match item in Item().Matches(text ?? ""))
        {
            if (item.Index != at)
                throw Malformed(text![at..]);
            at = item.Index + item.Length;
            string name = item.Groups["name"].Value, value = item.Groups["value"].Value;
            if (!values.TryAdd(name, value.StartsWith('[') ? Vector(value[1..^1], item.Value) : Vector(value, item.Value).Reshape(Shape.Scalar)))
                throw new ModelException("LATHE3009", $"the input '{name}' is given two values");
        }
        return string.IsNullOrWhiteSpace(text?[at..]) ? values.AsReadOnly() : throw Malformed(text[at..]);
    }

    /// <summary>A given value as an input of this type and shape takes it: a scalar is also the only element of another shape.</summary>
    public static Tensor As(Tensor value, DType element, Shape shape)
    {
        var cast = value.Cast(element);
        return value.Shape.Rank == 0 && shape.IsKnown && shape.ElementCount == 1 ? cast.Reshape(shape) : cast;
    }

    /// <summary>The shape of an input that a value is given for, or null without one: the value's, but a scalar leaves an input of one element its axes.</summary>
    /// <param name="declared">The shape that the model gives it, if it does; what that leaves open can be 1.</param>
    internal static Shape? ShapeGiven(this ImportOptions options, string name, Shape? declared)
    {
        if (!options.InputValues.TryGetValue(name, out var value))
            return null;
        return value.Shape.Rank == 0 && declared is not null && declared.All(dim => !dim.IsKnown || dim == 1) ? [.. declared.Select(_ => (Dim)1)] : value.Shape;
    }

    private static Tensor Vector(string list, string item)
    {
        string[] elements = list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (elements.All(e => bool.TryParse(e, out _)) && elements.Length > 0)
            return Tensor.Vector<bool>([.. elements.Select(bool.Parse)]);
        if (elements.All(e => long.TryParse(e, Integer, CultureInfo.InvariantCulture, out _)))
            return Tensor.Vector<long>([.. elements.Select(e => long.Parse(e, Integer, CultureInfo.InvariantCulture))]);
        return elements.All(e => float.TryParse(e, NumberStyles.Float, CultureInfo.InvariantCulture, out _))
            ? Tensor.Vector<float>([.. elements.Select(e => float.Parse(e, NumberStyles.Float, CultureInfo.InvariantCulture))])
            : throw Malformed(item);
    }

    private static ModelException Malformed(string text) =>
        new("LATHE3008", $"the input values cannot be read at '{text.Trim()}'", "write them as \"sr:16000 past:false axes:[1,2]\"");

    [GeneratedRegex(@"[\s,;]*(?<name>[^\s,;\[\]]+):(?<value>\[[^\[\]]*\]|[^\s,;:\[\]]+)")]
    private static partial Regex Item();
}
