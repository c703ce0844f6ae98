using System.Collections.Immutable;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes;

/// <summary>A value as a list of slices of others, one place along an axis each.</summary>
/// <param name="Axis">The axis.</param>
/// <param name="Places">For each place, the value that it is from, and the place there.</param>
internal sealed record ElementList(int Axis, ImmutableArray<(Value Source, long At)> Places)
{
    /// <summary>Places that must follow one another in the mean for a slice of a source not to be too short.</summary>
    private const int ShortestSlices = 4;

    /// <summary>Places of a source at one distance.</summary>
    private readonly record struct Part(Value Source, long From, long Step, long Count)
    {
        public bool IsWhole(int axis) => Step == 1 && Count == Source.Shape[axis].Value;
    }

    public static ElementList Of(Value value, int axis) => new(axis, [.. Enumerable.Range(0, (int)value.Shape[axis].Value).Select(i => (value, (long)i))]);

    public ElementList Select(IEnumerable<long> index) => new(Axis, [.. index.Select(i => Places[(int)i])]);

    /// <summary>Whether the value is whole other ones and slices that are worth a copy of their own.</summary>
    public bool IsInParts
    {
        get
        {
            var parts = Parts();
            var slices = parts.Where(p => !p.IsWhole(Axis)).ToList();
            return parts.Count == 1 || slices.Count * ShortestSlices <= slices.Sum(s => s.Count);
        }
    }

    /// <summary>
    /// The same places ordered by source and place in it, and for each of this list's the number there; null where one is in the list twice.
    /// </summary>
    public (ElementList List, long[] Order)? Sorted()
    {
        var sources = Places.Select(p => p.Source).Distinct().Index().ToDictionary(p => p.Item, p => p.Index);
        var sorted = Places.Index().OrderBy(p => sources[p.Item.Source]).ThenBy(p => p.Item.At).ToList();
        if (sorted.Zip(sorted.Skip(1)).Any(p => p.First.Item == p.Second.Item))
            return null;
        var order = new long[sorted.Count];
        foreach (var (number, (index, _)) in sorted.Index())
            order[index] = number;
        return (new(Axis, [.. sorted.Select(p => p.Item)]), order);
    }

    /// <summary>The value itself, a concatenation of its parts.</summary>
    public Value Build(GraphBuilder b)
    {
        Value[] parts = [.. Parts().Select(p => p.IsWhole(Axis) ? p.Source : Slice(b, p))];
        return parts.Length == 1 ? parts[0] : b.Add(new Concat(Axis), parts);
    }

    public static Value Gather(GraphBuilder b, Value value, int axis, IEnumerable<long> index) =>
        b.Add(new Gather(axis), value, b.Constant(Tensor.Vector<long>([.. index])));

    private Value Slice(GraphBuilder b, Part part)
    {
        long[] sizes = part.Source.Shape.ToArray(), starts = new long[sizes.Length], steps = [.. Enumerable.Repeat(1L, sizes.Length)];
        (starts[Axis], steps[Axis], sizes[Axis]) = (part.From, part.Step, part.Count);
        return b.Add(new Slice([.. starts], [.. sizes], [.. steps]), part.Source);
    }

    private List<Part> Parts()
    {
        var parts = new List<Part>();
        foreach (var (source, at) in Places)
        {
            var last = parts.Count > 0 ? parts[^1] : default;
            long step = at - last.From - ((last.Count - 1) * last.Step);
            if (last.Source == source && step > 0 && (last.Count == 1 || step == last.Step))
                parts[^1] = last with { Step = step, Count = last.Count + 1 };
            else
                parts.Add(new(source, at, 1, 1));
        }
        return parts;
    }
}
