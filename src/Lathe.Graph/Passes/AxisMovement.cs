using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes;

/// <summary>
/// A value that is another one but for the order of its elements along one axis, or of which it has only some: a slice, a gather, or reshapes, transposes
/// and choices one after another that come to this, as the shuffle of channels between groups does.
/// </summary>
/// <param name="Source">The other value, of the same extents along the other axes.</param>
/// <param name="Axis">The axis.</param>
/// <param name="Index">For each place along it, the place in the source.</param>
/// <param name="Between">What is between the two.</param>
internal sealed record AxisMovement(Value Source, int Axis, long[] Index, IReadOnlyList<Value> Between)
{
    /// <summary>Movements in a row that are looked through.</summary>
    private const int MostNodes = 8;

    /// <summary>Some digits of an axis of the source: so many numbers, each counting for a distance along it.</summary>
    private readonly record struct Digits(int Axis, long Step, long Extent);

    /// <summary>What the value is such a movement of, the nearest one; null where there is none.</summary>
    public static AxisMovement? Of(Value value)
    {
        if (value.Constant is not null || !value.Shape.IsKnown || value.Type.Rank == 0 || value.Shape.ElementCount == 0)
            return null;
        if (value.Op is Gather gather && Chosen(value.Node) is { Length: var count } chosen && value.Node.Inputs[1].Type.Rank == 1 && count > 0)
            return new(value.Node.Inputs[0], gather.Axis, chosen, []);
        var chain = new List<Node>();
        for (var source = value; chain.Count < MostNodes && Moves(source.Node);)
        {
            chain.Insert(0, source.Node);
            source = source.Node.Inputs[0];
            if (source.Type.Rank == value.Type.Rank && source.Shape.IsKnown && Along(source, chain) is var (axis, index))
                return new(source, axis, index, [.. chain.SkipLast(1).Select(n => n.Output)]);
        }
        return null;
    }

    private static bool Moves(Node node) =>
        node.Inputs.Length > 0 && node.Inputs[0].Shape.IsKnown && node.Output.Shape.IsKnown
        && (node.Op is Reshape or Transpose or Slice || (node.Op is Gather && node.Inputs[1].Type.Rank == 0 && Chosen(node) is not null));

    /// <summary>The places along the axis that a gather takes by constant numbers.</summary>
    private static long[]? Chosen(Node gather)
    {
        if (gather.Inputs[1].Constant is not { } numbers)
            return null;
        long extent = gather.Inputs[0].Shape[((Gather)gather.Op).Axis] is { IsKnown: true, Value: var known } ? known : 0;
        long[] at = [.. Enumerable.Range(0, (int)numbers.Count).Select(i => numbers.GetInt64(i)).Select(i => i < 0 ? i + extent : i)];
        return at.All(i => i >= 0 && i < extent) ? at : null;
    }

    /// <summary>The axis along which movements change anything, and how; null where they do other things too.</summary>
    private static (int Axis, long[] Index)? Along(Value source, IReadOnlyList<Node> chain)
    {
        var first = new long[source.Type.Rank];
        var axes = source.Shape.Select((d, i) => Nontrivial(new(i, 1, d.Value))).ToList();
        foreach (var node in chain)
        {
            var next = node.Op switch
            {
                Transpose op => [.. op.Permutation.Select(p => axes[p])],
                Reshape => Regrouped(axes, node.Output.Shape),
                Gather op => Chose(axes, op.Axis, Chosen(node)![0], first),
                Slice op => Sliced(axes, op, node.Inputs[0].Shape, first),
                _ => null,
            };
            if (next is null)
                return null;
            axes = next;
        }

        var moved = Enumerable.Range(0, axes.Count).Where(i => first[i] != 0 || !IsWhole(axes[i], i, source.Shape[i].Value)).ToList();
        if (moved.Count > 1 || moved.Any(axis => axes[axis].Any(d => d.Axis != axis)))
            return null;
        int changed = moved.Count == 1 ? moved[0] : axes.Count - 1;
        long[] index = [first[changed]];
        foreach (var digits in axes[changed])
            index = [.. index.SelectMany(at => Enumerable.Range(0, (int)digits.Extent).Select(i => at + (i * digits.Step)))];
        return (changed, index);
    }

    private static bool IsWhole(List<Digits> axis, int of, long extent)
    {
        long counted = 1;
        foreach (var digits in Enumerable.Reverse(axis))
        {
            if (digits.Axis != of || digits.Step != counted)
                return false;
            counted *= digits.Extent;
        }
        return counted == extent;
    }

    private static List<Digits> Nontrivial(Digits digits) => digits.Extent == 1 ? [] : [digits];

    /// <summary>All digits in their order, dealt out to new axes; null where an axis would end within a digit that does not divide so.</summary>
    private static List<List<Digits>>? Regrouped(List<List<Digits>> axes, Shape shape)
    {
        var left = new Stack<Digits>(axes.SelectMany(a => a).Reverse());
        var result = new List<List<Digits>>();
        foreach (var dim in shape)
        {
            var axis = new List<Digits>();
            for (long extent = dim.Value; extent > 1;)
            {
                if (!left.TryPop(out var next))
                    return null;
                if (extent % next.Extent == 0)
                {
                    axis.Add(next);
                    extent /= next.Extent;
                }
                else if (next.Extent % extent == 0)
                {
                    long rest = next.Extent / extent;
                    axis.Add(next with { Step = next.Step * rest, Extent = extent });
                    left.Push(next with { Extent = rest });
                    extent = 1;
                }
                else
                {
                    return null;
                }
            }
            result.Add(axis);
        }
        return result;
    }

    /// <summary>One place of an axis, which is gone then.</summary>
    private static List<List<Digits>> Chose(List<List<Digits>> axes, int axis, long place, long[] first)
    {
        foreach (var digits in Enumerable.Reverse(axes[axis]))
        {
            first[digits.Axis] += place % digits.Extent * digits.Step;
            place /= digits.Extent;
        }
        return [.. axes.Where((_, i) => i != axis)];
    }

    /// <summary>One place of an axis, or some of one that is a single stretch of digits.</summary>
    private static List<List<Digits>>? Sliced(List<List<Digits>> axes, Slice slice, Shape from, long[] first)
    {
        var result = new List<List<Digits>>();
        for (int axis = 0; axis < axes.Count; axis++)
        {
            var digits = axes[axis];
            if (slice.Sizes[axis] == 1)
            {
                Chose(axes, axis, slice.Starts[axis], first);
                digits = [];
            }
            else if (slice.Sizes[axis] != from[axis].Value || slice.Steps[axis] != 1)
            {
                if (digits.Count != 1)
                    return null;
                first[digits[0].Axis] += slice.Starts[axis] * digits[0].Step;
                digits = [digits[0] with { Step = digits[0].Step * slice.Steps[axis], Extent = slice.Sizes[axis] }];
            }
            result.Add(digits);
        }
        return result;
    }
}
