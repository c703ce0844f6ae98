using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>Two reshapes or transposes in a row are one; a transpose that keeps the order of the axes longer than 1 is a reshape.</summary>
/// <param name="keepsTransposes">Whether such a transpose stays one, for rules that move transposes on and cannot move reshapes.</param>
public sealed class MergeMovements(bool keepsTransposes = false) : Rule
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
        return keepsTransposes || MovesData(node) ? null : context.Builder.Add(new Reshape(node.Output.Shape), node.Inputs[0]);
    }

    /// <summary>Whether a transpose changes the order of axes that are longer than 1, or may.</summary>
    internal static bool MovesData(Node transpose)
    {
        var shape = transpose.Inputs[0].Shape;
        var moved = ((Transpose)transpose.Op).Permutation.Where(p => shape[p] != 1).ToArray();
        return !shape.IsKnown || !moved.SequenceEqual(moved.Order());
    }
}
