using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>Lists of integers of which only a run may know some, such as where a slice begins that moves from round to round of a loop.</summary>
internal static class PartlyKnown
{
    /// <summary>One integer: what it is, or else the scalar that it is in a run.</summary>
    public readonly record struct Number(long? Known, Value Value);

    /// <param name="fold">The tensor of a value that is known; null for others.</param>
    public static Number[] Numbers(GraphBuilder b, Value list, Func<Value, Tensor?> fold)
    {
        if (list.Element.IsFloat || list.Type.Rank > 1 || !list.Shape.IsKnown || list.Shape.ElementCount > 64)
            throw Misfit.Of($"{list.Type} is no list of places");
        if (fold(list) is { } known)
            return [.. known.ToInt64Array().Select(n => new Number(n, list))];
        return [.. Enumerable.Range(0, (int)list.Shape.ElementCount).Select(i => Element(b, list, i)).Select(e => new Number(fold(e)?.GetInt64(0), e))];
    }

    /// <summary>An element, from where it is put into the list.</summary>
    private static Value Element(GraphBuilder b, Value list, int place)
    {
        switch (list.Op)
        {
            case Concat:
                foreach (var part in list.Node.Inputs)
                {
                    int count = (int)part.Shape.ElementCount;
                    if (place < count)
                        return Element(b, part, place);
                    place -= count;
                }
                break;
            case Cast or Reshape when list.Node.Inputs[0] is { Element.IsFloat: false, Type.Rank: <= 1 } inner && inner.Element != DType.Bool:
                return Element(b, inner, place);
        }
        return b.AsScalar(list.Type.Rank == 0 ? list : b.Along(list, 0, place, 1));
    }
}
