using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>Two reshapes or transposes in a row are one; a transpose that keeps the order of the axes longer than 1 is a reshape.</summary>
public sealed class MergeMovements : Rule
{
    public override Value? Apply(Node node, RewriteContext context)
    {
        if (node.Op is Reshape reshape && node.Inputs[0].Op is Reshape)
            return context.Builder.Add(reshape, node.Inputs[0].Node.Inputs[0]);
        if (node.Op is not Transpose outer)
            return null;
        if (node.Inputs[0].Op is Transpose inner)
        {
            var merged = outer.Permutation.Select(p => inner.Permutation[p]).ToEquatableArray();
            return context.Builder.Add(new Transpose(merged), node.Inputs[0].Node.Inputs[0]);
        }
        var shape = node.Inputs[0].Shape;
        var moved = outer.Permutation.Where(p => shape[p] != 1).ToArray();
        return shape.IsKnown && moved.SequenceEqual(moved.Order()) ? context.Builder.Add(new Reshape(node.Output.Shape), node.Inputs[0]) : null;
    }
}
