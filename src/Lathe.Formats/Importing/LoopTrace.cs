using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>
/// A loop that is read once for all its rounds. What changes from round to round is found by reading: at first all of the state is taken to stay as it is at the beginning,
/// then what a round changes is replaced by values that stand for any round's, until nothing more changes. So what stays the same is known inside, if it is a constant, and
/// need be no tensor.
/// </summary>
/// <param name="initial">The state before the first round.</param>
internal sealed class LoopTrace<T>(ILoopImporter<T> importer, IReadOnlyList<T> initial, LoopParts<T> loop)
    where T : class
{
    /// <summary>The state, then the variables that rounds assign.</summary>
    private readonly List<T> _start = [.. initial];
    private readonly List<string> _variables = [];
    private readonly SortedDictionary<int, Value> _changing = [];
    private Dictionary<string, T> _before = [];

    // Of a builder of its own, so that no other loop has the same.
    private readonly GraphBuilder _places = new();

    /// <summary>The state after the last round. Throws where it cannot be carried; then the importer has to be set back.</summary>
    public IReadOnlyList<T> Result()
    {
        while (true)
        {
            var undo = Attempt.Checkpoint(importer);
            int reported = importer.Places.Count;
            T[] before = [.. _start.Select((entry, i) => _changing.TryGetValue(i, out var place) ? loop.With(entry, place) : entry)];
            var (condition, after) = Round(before);
            if (importer.Places.Count > reported)
                throw new LackingException();
            int[] changed = [.. Enumerable.Range(0, after.Length).Where(i => !_changing.ContainsKey(i) && !after[i].Equals(before[i]))];
            string[] assigned = [.. importer.Variables.Keys.Where(Assigned)];
            if (changed.Length == 0 && assigned.Length == 0)
            {
                undo();
                return Finished(condition, after);
            }
            undo();
            foreach (int i in changed)
                _changing[i] = _places.Input($"carried{i}", loop.Tensor(_start[i], after[i]).Type);
            foreach (string variable in assigned)
            {
                _variables.Add(variable);
                _start.Add(importer.Held(variable));
            }
        }
    }

    private bool Assigned(string variable) => !_variables.Contains(variable) && !(_before.TryGetValue(variable, out var held) && held.Equals(importer.Variables[variable]));

    private (Value Condition, T[] After) Round(T[] before)
    {
        for (int i = 0; i < _variables.Count; i++)
            importer.Variables[_variables[i]] = before[initial.Count + i];
        _before = new(importer.Variables);
        T[] state = before[..initial.Count];
        var condition = loop.Condition(state);
        if (importer.Variables.Count != _before.Count || importer.Variables.Any(v => !v.Value.Equals(_before[v.Key])))
            throw new UnsupportedException("LATHE3064", "its condition assigns a variable");
        var after = importer.Guards.Under(condition, [.. _changing.Values], () => loop.Body(state));
        if (after.Count != initial.Count)
            throw Misfit.Of($"a round begins with {initial.Count} values and gives {after.Count}");
        return (condition, [.. after, .. _variables.Select(v => importer.Variables[v])]);
    }

    private T[] Finished(Value condition, T[] after)
    {
        DropUnused(condition, after);
        if (_changing.Count == 0)
            throw new UnsupportedException("LATHE3063", "it changes nothing, so that it never ends once it begins");
        Value[] first = [.. _changing.Keys.Select(i => loop.Tensor(_start[i], after[i]))];
        Value[] next = [.. _changing.Keys.Select(i => loop.Tensor(after[i], _start[i]))];
        foreach (var ((i, place), before, then) in _changing.Zip(first, next))
            if (before.Type != place.Type || then.Type != place.Type)
                throw new UnsupportedException("LATHE3065", $"value {i} that it carries is {before.Type} before a round and {then.Type} after it; a value of a fixed shape can be carried");
        condition = importer.Guards.Guarded(importer.Builder, condition, [.. first, .. next]);
        var last = LoopGraphs.While(importer.Builder, first, [.. _changing.Values], condition, next);
        T[] result = [.. _start];
        foreach (var (i, value) in _changing.Keys.Zip(last))
            result[i] = loop.With(_start[i], value);
        for (int i = 0; i < _variables.Count; i++)
            importer.Variables[_variables[i]] = result[initial.Count + i];
        return result[..initial.Count];
    }

    /// <summary>Entries that are of no use after the loop are carried only where the condition or what is carried needs them.</summary>
    private void DropUnused(Value condition, T[] after)
    {
        var needed = _changing.Keys.Where(i => i >= loop.Unread).ToHashSet();
        while (true)
        {
            var nodes = Graph.TopologicalOrder(needed.Select(i => loop.Tensor(after[i], _start[i])).Prepend(condition)).ToHashSet();
            int[] more = [.. _changing.Where(c => !needed.Contains(c.Key) && nodes.Contains(c.Value.Node)).Select(c => c.Key)];
            if (more.Length == 0)
                break;
            needed.UnionWith(more);
        }
        foreach (int i in _changing.Keys.Except(needed).ToArray())
            _changing.Remove(i);
    }
}
