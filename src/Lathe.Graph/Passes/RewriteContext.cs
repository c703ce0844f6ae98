namespace Lathe.Graphs.Passes;

/// <summary>What a rule may use: the builder for new nodes, and how often values were used before the pass began.</summary>
public sealed class RewriteContext
{
    private readonly Graph _before;
    private readonly Dictionary<Value, List<Value>> _sources = [];

    internal RewriteContext(Graph before) => _before = before;

    public GraphBuilder Builder { get; } = new();

    /// <summary>
    /// Whether at most one node reads the value and it is no output of the model, so that a rule may absorb it without
    /// computing it twice.
    /// </summary>
    public bool IsUsedOnce(Value value) =>
        !_sources.TryGetValue(value, out var sources) || (sources.Sum(s => _before.UsersOf(s).Count()) <= 1 && !sources.Any(_before.IsOutput));

    /// <summary>Several values of the graph may have become one.</summary>
    internal void Map(Value from, Value to)
    {
        if (_sources.TryGetValue(to, out var sources))
            sources.Add(from);
        else
            _sources.Add(to, [from]);
    }
}
