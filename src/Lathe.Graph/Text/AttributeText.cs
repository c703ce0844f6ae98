using System.Collections;
using System.Globalization;
using System.Reflection;
using Lathe.Tensors;

namespace Lathe.Graphs.Text;

/// <summary>
/// Writes and reads attribute values. A record is written by the parameters of its constructor and its other settable members:
/// <c>{Name=value, ...}</c>; an op among attributes carries its name before that.
/// </summary>
internal static class AttributeText
{
    public static string Members(object record) =>
        $"{{{string.Join(", ", Written(record).Select(m => $"{m.Name}={Write(m.Value)}"))}}}";

    /// <summary>All members but those that are not parameters and not set.</summary>
    private static IEnumerable<(string Name, object? Value)> Written(object record)
    {
        int parameters = Constructor(record.GetType()).GetParameters().Length;
        return MembersOf(record.GetType()).Select(p => (p.Name, Value: p.GetValue(record))).Where((m, i) => i < parameters || m.Value is not null);
    }

    public static string Write(object? value) => value switch
    {
        null => "none",
        bool b => b ? "true" : "false",
        string s => GraphWords.Quote(s, '"'),
        double d => Number(d),
        float f => Number(f),
        DType type => type.Name,
        Enum e => e.ToString(),
        Shape shape => GraphWords.Shape(shape),
        Dim dim => GraphWords.Shape([dim])[1..^1],
        Tensor tensor => Tensor(tensor),
        TensorType type => GraphWords.Type(type),
        Graph graph => GraphPrinter.Nested(graph),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable items => $"[{string.Join(", ", items.Cast<object?>().Select(Write))}]",
        Op op => op.Name + Members(op),
        _ => Members(value),
    };

    /// <summary>The members that make up a record: constructor parameters in their order, then settable properties.</summary>
    public static IReadOnlyList<PropertyInfo> MembersOf(Type type)
    {
        var parameters = Constructor(type).GetParameters();
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.CanWrite && p.GetIndexParameters().Length == 0)
            .OrderBy(p => p.MetadataToken)
            .ToList();
        var ofParameters = parameters.Select(a => type.GetProperty(a.Name!)
            ?? throw new InternalException("LATHE2900", $"{type.Name}'s constructor parameter {a.Name} is not a property"));
        return [.. ofParameters, .. properties.Where(p => parameters.All(a => a.Name != p.Name))];
    }

    public static ConstructorInfo Constructor(Type type) => type.GetConstructors().MaxBy(c => c.GetParameters().Length)
        ?? throw new InternalException("LATHE2901", $"{type.Name} has no public constructor");

    public static string Number(double value) => value switch
    {
        double.PositiveInfinity => "inf",
        double.NegativeInfinity => "-inf",
        _ when double.IsNaN(value) => "nan",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static string Tensor(Tensor tensor)
    {
        var elements = Enumerable.Range(0, (int)tensor.Count).Select(i => tensor.Type switch
        {
            DType.Float64 => Number(tensor.GetDouble(i)),
            DType.UInt64 => ((ulong)tensor.GetInt64(i)).ToString(CultureInfo.InvariantCulture),
            { IsFloat: true } => ((float)tensor.GetDouble(i)) is var f && float.IsFinite(f)
                ? f.ToString("R", CultureInfo.InvariantCulture)
                : Number(f),
            _ => tensor.GetInt64(i).ToString(CultureInfo.InvariantCulture),
        });
        return $"{tensor.Type.Name}{tensor.Shape}{{{string.Join(", ", elements)}}}";
    }
}
