using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>
/// Under which conditions what is read now has a meaning. Branches that only a run chooses are computed all the same, and what stays the same in all
/// rounds of a loop before its first; a loop must not begin there, as nothing says that it would end.
/// </summary>
internal sealed class Guards
{
    private readonly Stack<(Value Condition, IReadOnlyList<Value> Changing)> _around = [];

    /// <summary>Reads what is computed for nothing where the condition does not hold.</summary>
    /// <param name="changing">Where the condition is that of a loop, what changes in its rounds: what depends on one of these is computed in rounds only.</param>
    public T Under<T>(Value condition, IReadOnlyList<Value> changing, Func<T> read)
    {
        _around.Push((condition, changing));
        try
        {
            return read();
        }
        finally
        {
            _around.Pop();
        }
    }

    public T Under<T>(Value condition, Func<T> read) => Under(condition, [], read);

    /// <summary>The condition of a loop, which must hold with all that are around it.</summary>
    /// <param name="used">All that the loop is made of.</param>
    public Value Guarded(GraphBuilder b, Value condition, IEnumerable<Value> used)
    {
        condition = Truth(b, condition);
        if (_around.Count == 0)
            return condition;
        var inside = Graph.TopologicalOrder(used.Append(condition)).ToHashSet();
        foreach (var (around, changing) in _around)
            if (around.Constant is null && !changing.Any(c => inside.Contains(c.Node)))
                condition = b.Add(new And(), condition, Truth(b, around));
        return condition;
    }

    private static Value Truth(GraphBuilder b, Value condition)
    {
        if (condition.Shape is not { IsKnown: true, ElementCount: 1 })
            throw Misfit.Of($"its condition is {condition.Type} and should be one bool");
        var scalar = b.Reshaped(condition, []);
        return scalar.Element == DType.Bool ? scalar : b.Add(new NotEqual(), scalar, b.ScalarLike(0, scalar));
    }
}
