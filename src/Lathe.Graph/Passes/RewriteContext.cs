namespace Lathe.Graphs.Passes;

/// <summary>What a rule may use: the builder for new nodes, and how often values were used before the pass began.</summary>
public sealed class RewriteContext
{
    private readonly Graph _before;
    private readonly Dictionary<Value, Value> _sources = [];

    internal RewriteContext(Graph before) => _before = before;

    public GraphBuilder Builder { get; } = new();

    /// <summary>
    /// Whether at most one node reads the value and it is no output of the model, so that a rule may absorb it without
    /// computing it twice.
    /// </summary>
    public bool IsUsedOnce(Value value) =>
        !_sources.TryGetValue(value, out var source) || (_before.UsersOf(source).Count() <= 1 && !_before.IsOutput(source));

    internal void Map(Value from, Value to) => _sources.TryAdd(to, from);
}
