using System.Globalization;
using System.Text.RegularExpressions;
using Lathe.Tensors;

namespace Lathe.Formats;

/// <summary>
/// The values that a user gives to a model's inputs so that it can be read, written <c>sr:16000 past:false axes:[1,2]</c>, with blanks, commas or semicolons between them. A name is
/// everything before the last colon. What is in brackets is a vector, else it is a scalar: integers are i64, numbers with a point f32, <c>true</c> and <c>false</c> bool; each is
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
