using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Arithmetic, comparisons, logic and conversions: ops whose output element depends on the inputs' elements at the same place.</summary>
internal static class Elementwise
{
    public static Value Unary<T>(NodeContext node) where T : Op, new()
    {
        node.TakesAtMost(1);
        return node.Add(new T(), node.In(0));
    }

    public static Value Binary<T>(NodeContext node) where T : Op, new() => Binary(node, new T());

    /// <summary>Max, Min and Sum of any number of operands.</summary>
    public static Value Variadic<T>(NodeContext node) where T : Op, new() => Fold(node, new T());

    public static Value Mean(NodeContext node)
    {
        var sum = Fold(node, new Add());
        return node.Add(new Div(), sum, node.ScalarLike(node.InputCount, sum));
    }

    public static Value Mod(NodeContext node) => Binary(node, new Mod(node.Attributes.Flag("fmod")));

    public static Value BitShift(NodeContext node) => Binary(node, new BitShift(node.Attributes.Text("direction", "") switch
    {
        "LEFT" => true,
        "RIGHT" => false,
        var other => throw new ModelException("LATHE3100", $"the direction '{other}' should be LEFT or RIGHT"),
    }));

    public static Value IsInf(NodeContext node) =>
        node.Add(new IsInf(node.Attributes.Flag("detect_positive", true), node.Attributes.Flag("detect_negative", true)), node.In(0));

    public static Value Where(NodeContext node) => node.Add(new Where(), node.In(0), node.In(1), node.In(2));

    public static Value Cast(NodeContext node)
    {
        // Until opset 5 the type was given by name.
        var to = node.Opset < 6 && node.Attributes.TextIfText("to") is { } name
            ? ElementNamed(name)
            : Reading.OnnxTypes.Element(node.Attributes.Int("to", 0));
        return node.Add(new Cast(to), node.In(0));
    }

    public static Value CastLike(NodeContext node) => node.Add(new Cast(node.In(1).Element), node.In(0));

    /// <summary>Bounds that are attributes (until opset 10) or constants are the op's own; others become Min and Max.</summary>
    public static Value Clip(NodeContext node)
    {
        var x = node.In(0);
        if (node.Opset < 11)
            return Clip(node, x, node.Attributes.FloatOrNull("min"), node.Attributes.FloatOrNull("max"));
        var (low, high) = (node.TryConstant(1), node.TryConstant(2));
        if ((low is not null || !node.Has(1)) && (high is not null || !node.Has(2)))
            return Clip(node, x, Bound(low), Bound(high));
        if (node.Optional(1) is { } min)
            x = node.Add(new Max(), x, min);
        return node.Optional(2) is { } max ? node.Add(new Min(), x, max) : x;
    }

    /// <summary>Joins two operands as the op's opset broadcasts them.</summary>
    private static Value Binary(NodeContext node, Op op)
    {
        node.TakesAtMost(2);
        var (a, b) = (node.In(0), node.In(1));
        // Until opset 6 the second operand broadcasts only where the attribute says so; its first axis meets the first
        // operand's axis that "axis" names.
        if (node.Opset < 7 && node.Attributes.Flag("broadcast") && node.Attributes.Has("axis"))
        {
            int after = a.Type.Rank - a.Shape.Axis(node.Attributes.Int("axis", 0)) - b.Type.Rank;
            if (after > 0)
                b = Movement.Reshaped(node, b, [.. b.Shape, .. Enumerable.Repeat((Dim)1, after)]);
        }
        return node.Add(op, a, b);
    }

    private static Value Fold(NodeContext node, Op op)
    {
        var operands = node.InputsFrom(0);
        if (operands.Length == 0)
            node.Fail("it has no operands");
        return operands.Aggregate((a, b) => node.Add(op, a, b));
    }

    private static Value Clip(NodeContext node, Value x, double? low, double? high) => low is null && high is null ? x : node.Add(new Clip(low, high), x);

    private static double? Bound(Tensor? bound) => bound is null ? null : bound.Count == 1
        ? bound.GetDouble(0)
        : throw new ModelException("LATHE3101", $"a bound is {bound} and should be one number");

    private static DType ElementNamed(string name) => name.ToUpperInvariant() switch
    {
        "FLOAT" => DType.Float32,
        "DOUBLE" => DType.Float64,
        "FLOAT16" => DType.Float16,
        var n when Enum.TryParse<DType>(n, ignoreCase: true, out var type) => type,
        _ => throw new ModelException("LATHE3102", $"there is no element type '{name}'"),
    };
}
