using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;

namespace Lathe.Formats.TFLite.Exporting.Rules;

/// <summary>Weights that are dequantized and then transposed are stored transposed, so that no run does it.</summary>
internal sealed class TransposeStoredWeights : Rule<Transpose>
{
    protected override Value? Apply(Node node, Transpose op, RewriteContext context)
    {
        if (node.Inputs[0] is not { Op: DequantizeLinear { BlockSize: 0 } stored, Node: var real } || real.Inputs[0] is not { Constant: not null } weights)
            return null;
        var b = context.Builder;
        int axis = op.Permutation.ToList().IndexOf(stored.Axis);
        return b.Add(stored with { Axis = axis }, [b.Add(op, weights), .. real.Inputs.Skip(1)]);
    }
}
