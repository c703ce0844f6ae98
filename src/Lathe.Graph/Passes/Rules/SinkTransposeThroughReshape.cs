using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>A reshape that only adds or drops axes of extent 1 does the same before a transpose as after it.</summary>
public sealed class SinkTransposeThroughReshape : Rule
{
    public override Value? Apply(Node node, RewriteContext context)
    {
        if (node.Op is not Reshape || node.Inputs[0].Op is not Transpose { Permutation: var permutation } || !MergeMovements.MovesData(node.Inputs[0].Node))
            return null;
        var (from, to) = (node.Inputs[0].Shape, node.Output.Shape);
        if (!to.IsKnown || Long(from) is not { } given || Long(to) is not { } places || !given.Select(a => from[a]).SequenceEqual(places.Select(a => to[a])))
            return null;
        var x = node.Inputs[0].Node.Inputs[0];
        // The axes that count take the same places, in the order in which the transpose finds them.
        int[] sources = [.. given.Select(a => permutation[a])], sorted = [.. sources.Order()];
        Dim[] before = [.. to];
        int[] order = [.. Enumerable.Range(0, to.Rank)];
        foreach (var (i, place) in places.Index())
        {
            before[place] = x.Shape[sorted[i]];
            order[place] = places[Array.IndexOf(sorted, sources[i])];
        }
        return context.Builder.Add(new Transpose(order.ToEquatableArray()), context.Builder.Add(new Reshape([.. before]), x));
    }

    private static int[]? Long(Shape shape) => shape.IsKnown ? [.. Enumerable.Range(0, shape.Rank).Where(a => shape[a] != 1)] : null;
}
