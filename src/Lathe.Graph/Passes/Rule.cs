namespace Lathe.Graphs.Passes;

/// <summary>
/// Replaces one node by other ones of the same meaning. A rule looks at the node and the nodes that it reads by C# patterns,
/// builds the replacement, and gives null where it does not apply. It must make progress: applied again and again, it
/// stops applying.
/// </summary>
public abstract class Rule
{
    public string Name => GetType().Name;

    /// <summary>The value that takes the place of the node's only output, or null.</summary>
    public abstract Value? Apply(Node node, RewriteContext context);
}

/// <summary>A rule for nodes of one op.</summary>
public abstract class Rule<TOp> : Rule where TOp : Op
{
    public sealed override Value? Apply(Node node, RewriteContext context) => node.Op is TOp op ? Apply(node, op, context) : null;

    protected abstract Value? Apply(Node node, TOp op, RewriteContext context);
}
