namespace Lathe.Formats.TensorFlow.Importing;

/// <summary>Which nodes must have been imported before a node.</summary>
internal static class Dependencies
{
    /// <summary>The names of the nodes that a node reads, but for the main graph's inputs, and of those that say which branch of a conditional it is in.</summary>
    public static string[] Of(GraphNode node, Scope scope, Func<Endpoint, bool> isInput)
    {
        if (Loop.IsEnter(node) && scope.Frame is { } frame && Loop.FrameOf(node) == frame)
            return [];
        if (node.Op is "Exit" or "RefExit")
        {
            // All that enters the loop, also what stays the same: so nothing is read first, or in a circle, inside of a round.
            var loop = scope.Body.LoopOf(node);
            var enters = scope.Body.Nodes.Where(n => Loop.IsEnter(n) && Loop.FrameOf(n) == loop.Frame && scope.Needed.Contains(n.Name));
            return [.. enters.Concat(loop.Needed(scope).Select(v => v.Enter)).SelectMany(n => n.Inputs.Take(1)).Where(e => !isInput(e)).Select(e => e.Node).Distinct()];
        }
        var before = node.Inputs.Where(e => !isInput(e)).Select(e => e.Node);
        return [.. before.Concat(node.Controls.Where(c => scope.Body.IsPivot(c) && scope.Body.Find(c) is not null))];
    }
}
