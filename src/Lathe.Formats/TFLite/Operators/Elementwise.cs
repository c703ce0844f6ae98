using Lathe.Formats.Importing;
using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Arithmetic, comparisons, logic and conversions: results depend on the operands' elements at the same place.</summary>
internal static class Elementwise
{
    public static Value Unary<T>(NodeContext node) where T : Op, new() => Results.Of(node, node.Add(new T(), node.Real(0)));

    /// <summary>A unary op that takes integers as they are.</summary>
    public static Value Plain<T>(NodeContext node) where T : Op, new() => node.IsQuantized() ? Unary<T>(node) : node.Add(new T(), node.In(0));

    /// <summary>A binary op; integers that stand for reals are made reals.</summary>
    public static Value Binary<T>(NodeContext node) where T : Op, new() => Results.Of(node, node.Add(new T(), node.Real(0), node.Real(1)));

    public static Value Add(NodeContext node) => node.IsQuantized() ? IntegerArithmetic.Add(node, subtract: false) : Fused(node, new Add());

    public static Value Sub(NodeContext node) => node.IsQuantized() ? IntegerArithmetic.Add(node, subtract: true) : Fused(node, new Sub());

    public static Value Mul(NodeContext node) => node.IsQuantized() ? IntegerArithmetic.Mul(node) : Fused(node, new Mul());

    public static Value Div(NodeContext node) => Results.Of(node, Fused(node, new Div()));

    public static Value AddN(NodeContext node) => node.InputsFrom(0).Aggregate((a, b) => node.Add(new Add(), a, b));

    public static Value Maximum(NodeContext node) => Extreme(node, new Max());

    public static Value Minimum(NodeContext node) => Extreme(node, new Min());

    public static Value FloorDiv(NodeContext node) => node.Builder.FloorDiv(node.In(0), node.In(1));

    public static Value FloorMod(NodeContext node) => node.Add(new Mod(Fmod: false), node.In(0), node.In(1));

    public static Value Square(NodeContext node) => node.Add(new Mul(), node.In(0), node.In(0));

    public static Value SquaredDifference(NodeContext node)
    {
        var difference = node.Add(new Sub(), node.Real(0), node.Real(1));
        return Results.Of(node, node.Add(new Mul(), difference, difference));
    }

    public static Value Rsqrt(NodeContext node) => Results.Of(node, node.Builder.Rsqrt(node.Real(0)));

    public static Value Atan2(NodeContext node) => node.Builder.Atan2(node.In(0), node.In(1));

    /// <summary>Comparisons of quantized operands compare the reals.</summary>
    public static Value Compare<T>(NodeContext node) where T : Op, new() =>
        node.IsQuantized() && node.Quantization(0) == node.Quantization(1)
            ? node.Add(new T(), node.In(0), node.In(1))
            : node.Add(new T(), node.Real(0), node.Real(1));

    public static Value Logical<T>(NodeContext node) where T : Op, new() => node.Add(new T(), [.. node.InputsFrom(0)]);

    public static Value RightShift(NodeContext node) => node.Builder.Shifted(node.In(0), node.In(1), left: false);

    /// <summary>The bits of a constant read as another type.</summary>
    public static Value Bitcast(NodeContext node)
    {
        var (x, type) = (node.In(0), node.OutputElement());
        if (x.Element == type)
            return x;
        var known = node.TryConstant(0) ?? throw node.Unsupported("the bits of data that only a run gives cannot be read as another type");
        return node.Builder.Constant(KnownValues.Bitcast(known, type));
    }

    public static Value BitwiseXor(NodeContext node) =>
        node.In(0).Element == DType.Bool ? node.Add(new Xor(), node.In(0), node.In(1)) : node.Add(new BitwiseXor(), node.In(0), node.In(1));

    public static Value Cast(NodeContext node) => node.Add(new Cast(node.OutputElement()), node.In(0));

    /// <summary>A condition of rank 1 chooses whole rows.</summary>
    public static Value Select(NodeContext node)
    {
        var (condition, a, b) = (node.In(0), node.In(1), node.In(2));
        if (condition.Type.Rank == 1 && a.Type.Rank > 1)
            condition = node.Reshaped(condition, [condition.Shape[0], .. Enumerable.Repeat((Dim)1, a.Type.Rank - 1)]);
        return node.Add(new Where(), condition, a, b);
    }

    public static Value SelectV2(NodeContext node) => node.Add(new Where(), node.In(0), node.In(1), node.In(2));

    public static Value ZerosLike(NodeContext node) => node.Add(new Expand(node.In(0).Shape), node.ScalarLike(0, node.In(0)));

    public static Value FakeQuant(NodeContext node)
    {
        var options = node.Options;
        return node.Builder.FakeQuantized(node.In(0), options.Float(0), options.Float(1), options.Int(2), options.Flag(3));
    }

    private static Value Fused(NodeContext node, BinaryElementwiseOp op) =>
        Activations.Fused(node, node.Add(op, node.Real(0), node.Real(1)), node.Options.Activation(0));

    /// <summary>Quantized operands and results share their scale, so that the integers' order is the reals'.</summary>
    private static Value Extreme(NodeContext node, BinaryElementwiseOp op)
    {
        bool same = !node.IsQuantized() || (node.Quantization(0) == node.Quantization(1) && node.Quantization(0) == node.OutputQuantization());
        return same ? node.Add(op, node.In(0), node.In(1)) : Results.Of(node, node.Add(op, node.Real(0), node.Real(1)));
    }
}
