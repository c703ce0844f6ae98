using Lathe.Formats.TFLite.Exporting.Ops;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting.Rules;

/// <summary>Ops that TFLite has one operator for, where nothing else reads what is between them.</summary>
internal sealed class RecognizeOperators : Rule
{
    public override Value? Apply(Node node, RewriteContext context)
    {
        if (node.Output.Element != DType.Float32)
            return null;
        var b = context.Builder;
        bool IsInner<TOp>(Value value) where TOp : Op => value.Op is TOp && context.IsUsedOnce(value);
        switch (node.Op)
        {
            case Reciprocal when IsInner<Sqrt>(node.Inputs[0]):
                return b.Add(new Rsqrt(), node.Inputs[0].Node.Inputs[0]);
            case Div when IsAll(node.Inputs[0], 1) && IsInner<Sqrt>(node.Inputs[1]) && node.Output.Type == node.Inputs[1].Type:
                return b.Add(new Rsqrt(), node.Inputs[1].Node.Inputs[0]);
            case Div when IsInner<Max>(node.Inputs[1]) && Norm(node.Inputs[1].Node, context) == node.Inputs[0]:
                return b.Add(new L2Normalization(), node.Inputs[0]);
            case Mul when node.Inputs[0] == node.Inputs[1] && IsInner<Sub>(node.Inputs[0]):
                return b.Add(new SquaredDifference(), [.. node.Inputs[0].Node.Inputs]);
            case Floor when IsInner<Div>(node.Inputs[0]):
                return b.Add(new FloorDiv(), [.. node.Inputs[0].Node.Inputs]);
            case LpNormalization { P: 2 } norm when norm.Axis == node.Output.Type.Rank - 1:
                return b.Add(new L2Normalization(), node.Inputs[0]);
            case Softmax softmax when softmax.Axis == node.Output.Type.Rank - 1 && IsInner<Mul>(node.Inputs[0]):
                return Scaled(node.Inputs[0].Node) is (var x, var beta) && x.Type == node.Output.Type ? b.Add(new ScaledSoftmax(beta), x) : null;
            default:
                return null;
        }
    }

    /// <summary>What the greater of its 2-norm along the last axis and 1e-6 was taken of.</summary>
    private static Value? Norm(Node greater, RewriteContext context)
    {
        for (int side = 0; side < 2; side++)
        {
            var norm = greater.Inputs[side];
            if (norm.Op is ReduceL2 { KeepDims: true, Axes: { Count: 1 } axes } && axes[0] == norm.Type.Rank - 1 && context.IsUsedOnce(norm) && IsAll(greater.Inputs[1 - side], (float)L2Normalization.Least))
                return norm.Node.Inputs[0];
        }
        return null;
    }

    private static (Value X, double Factor)? Scaled(Node product)
    {
        for (int side = 0; side < 2; side++)
            if (product.Inputs[side].Constant is { Count: 1 } factor && factor.GetDouble(0) > 0)
                return (product.Inputs[1 - side], factor.GetDouble(0));
        return null;
    }

    private static bool IsAll(Value value, double number) => value.Constant is { Count: 1 } tensor && tensor.GetDouble(0) == number;
}
