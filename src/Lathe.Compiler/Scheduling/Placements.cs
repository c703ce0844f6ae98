using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>
/// Lets groups store their results where a concatenation wants them. Others that read such a result read it there, as a view with the whole's strides. A smaller
/// concatenation of neighbours in a larger one is such a view too, and no kernel. What is left of a concatenation copies its other inputs,
/// and writes the padding around it; where nothing is left, it is no kernel.
/// </summary>
internal sealed class Placements
{
    private readonly Graph _graph;
    private readonly IReadOnlyList<Group> _groups;
    private readonly Dictionary<Value, Group> _byResult;
    private readonly ILookup<Value, Group> _readers;
    private readonly Dictionary<Value, Placement> _placed = [];

    private Placements(Graph graph, IReadOnlyList<Group> groups, IReadOnlySet<Value> materialized)
    {
        (_graph, _groups, _byResult) = (graph, groups, groups.ToDictionary(g => g.Result));
        _readers = groups.SelectMany(g => InputsOf(g, materialized).Select(i => (Input: i, Group: g))).ToLookup(p => p.Input, p => p.Group);
    }

    /// <summary>The groups in the order given, without those of which nothing is left, and where the values lie that are in others' memory.</summary>
    public static (IReadOnlyList<Group> Groups, IReadOnlyDictionary<Value, Placement> Placed) Of(Graph graph, IReadOnlyList<Group> groups, IReadOnlySet<Value> materialized)
    {
        var placements = new Placements(graph, groups, materialized);
        // The last first: what several concatenations have in common lies in the largest of them.
        foreach (var group in groups.Reverse())
            if (!placements._placed.ContainsKey(group.Result) && placements.ConcatOf(group) is { } node)
                placements.Place(group, node);
        return ([.. placements.Placed(materialized)], placements._placed);
    }

    private static IEnumerable<Value> InputsOf(Group group, IReadOnlySet<Value> materialized) =>
        GroupNodes.Of(group, materialized).SelectMany(n => n.Inputs).Where(materialized.Contains).Distinct();

    private void Place(Group group, Node node)
    {
        if (NeighboursIn(group, node) is { } view)
            _placed.Add(group.Result, view);
        else
            foreach (var (input, start) in Parts(node, group))
                TryPlace(input, new(group.Result, start), node);
    }

    /// <summary>Whether a concatenation's input lies at a place; an input that is a concatenation itself does where all of its own do.</summary>
    private bool TryPlace(Value input, Placement place, Node concat, bool isNested = false)
    {
        if (_placed.ContainsKey(input) || !_byResult.TryGetValue(input, out var part))
            return false;
        if (Reads.OnlyReader(_graph, input) != concat && !(concat.Inputs.Count(i => i == input) == 1 && CanBeViewed(input, place.Whole) && (isNested || Pays(input))))
            return false;
        if (part.Halo is null && ConcatOf(part) is { } node)
        {
            var before = _placed.ToDictionary();
            foreach (var (inner, start) in Parts(node, part))
            {
                if (TryPlace(inner, new(place.Whole, [.. place.Start.Zip(start, (a, b) => a + b)]), node, isNested: true))
                    continue;
                foreach (var added in _placed.Keys.Except(before.Keys).ToList())
                    _placed.Remove(added);
                return false;
            }
        }
        else if (!CanBePlaced(part))
        {
            return false;
        }
        _placed.Add(input, place);
        return true;
    }

    private IEnumerable<Group> Placed(IReadOnlySet<Value> materialized)
    {
        foreach (var group in _groups)
        {
            var read = InputsOf(group, materialized).Where(i => _placed.TryGetValue(i, out var at) && at.Whole != group.Result).Select(i => (i, _placed[i])).ToEquatableArray();
            if (ConcatOf(group) is { } node)
            {
                Value[] inPlace = [.. node.Inputs.Where(i => _placed.TryGetValue(i, out var at) && at.Whole == group.Result)];
                if (!_placed.ContainsKey(group.Result) && (inPlace.Length < node.Inputs.Length || group.Halo is not null))
                    yield return group with { Placed = [.. inPlace], Views = read };
            }
            else
            {
                yield return group with { Place = _placed.GetValueOrDefault(group.Result), Views = read };
            }
        }
    }

    /// <summary>The concatenation that a group is, with padding around it or none; null where it has memory of its own beside the padded.</summary>
    private Node? ConcatOf(Group group) =>
        group is { Anchor: null, Rows: null, Inner: { Op: Concat } whole } && (group.Halo is null || !_byResult.ContainsKey(whole)) ? whole.Node : null;

    /// <summary>The inputs, each with its place in the group's result.</summary>
    private static IEnumerable<(Value Input, long[] Start)> Parts(Node concat, Group group)
    {
        int axis = ((Concat)concat.Op).Axis;
        long at = 0;
        foreach (var input in concat.Inputs)
        {
            long[] start = group.Halo is { } halo ? [.. halo.Before] : new long[input.Shape.Rank];
            start[axis] += at;
            at += input.Shape[axis].Value;
            yield return (input, start);
        }
    }

    /// <summary>The place that a concatenation has in a larger one where its inputs lie as it would put them; null where they do not.</summary>
    private Placement? NeighboursIn(Group group, Node concat)
    {
        if (group.Halo is not null || !_placed.TryGetValue(concat.Inputs[0], out var first) || !CanBeViewed(group.Result, first.Whole))
            return null;
        bool lie = Parts(concat, group).All(p =>
            _placed.TryGetValue(p.Input, out var place) && place.Whole == first.Whole && place.Start.SequenceEqual(first.Start.Zip(p.Start, (a, b) => a + b)));
        return lie ? first : null;
    }

    /// <summary>Kernels of rows and of transposes, and loops, store in memory of their own only.</summary>
    private static bool CanBePlaced(Group part) =>
        part is { Halo: null, Rows: null, Result.Op: PrimitiveOp }
        && (part.Anchor is not null || part.Result.Op is not (Transpose or Concat));

    /// <summary>
    /// Whether a value is copied more than once otherwise. One copy costs no more than what stores and reads the value a piece of a row at a time instead of
    /// from end to end.
    /// </summary>
    private bool Pays(Value input) => input.Op is Concat || _graph.UsersOf(input).Count(u => u.Op is Concat) > 1;

    /// <summary>
    /// Whether all that reads a value can read it in the memory of another: kernels that see images as they are. A view of it under another shape, and the
    /// model's user, see whole memory only.
    /// </summary>
    private bool CanBeViewed(Value value, Value whole) =>
        value.Element.IsFloat && !IsSeen(value) && !IsSeen(whole)
        && _graph.UsersOf(value).All(u => u.Op is PrimitiveOp && !GroupFormation.IsView(u))
        && _readers[value].All(g => g.Rows is null && g.Producer?.Rows is null && g.Anchor?.Op is not MatMul && g.Producer?.Anchor?.Op is not MatMul);

    /// <summary>Whether a value, or it under another shape, is an output.</summary>
    private bool IsSeen(Value value) => _graph.IsOutput(value) || _graph.UsersOf(value).Any(u => u.Op is While || (GroupFormation.IsView(u) && IsSeen(u.Output)));
}
