using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>
/// Makes weights below float32's normal range (2^-126) zero, as weight decay leaves them in channels that training gave up. They change no sum that
/// is itself in that range, and many processors are far slower with them.
/// </summary>
public sealed class DropSubnormalWeights : Rule
{
    public override Value? Apply(Node node, RewriteContext context)
    {
        if (node.Op is not (Conv or MatMul) || node.Inputs is not [var data, { Constant: { Type: DType.Float32 } weights }] || !HasSubnormals(weights.Span<float>()))
            return null;
        var normal = new float[weights.Count];
        weights.Span<float>().CopyTo(normal);
        foreach (ref float weight in normal.AsSpan())
            weight = float.IsSubnormal(weight) ? 0 : weight;
        return context.Builder.Add((Op)node.Op, data, context.Builder.Constant(Tensor.Of(weights.Shape, normal)));
    }

    private static bool HasSubnormals(ReadOnlySpan<float> weights)
    {
        foreach (float weight in weights)
        {
            if (float.IsSubnormal(weight))
                return true;
        }
        return false;
    }
}
