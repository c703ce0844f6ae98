using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>
/// Finds nodes that can run row by row in one kernel: elementwise ops over rows, reductions of whole rows, and elementwise ops over what those give, with
/// one result that others read. Softmax and the normalizations are such groups, with the elementwise ops around them. What a contraction
/// stores as its epilogue stays with the contraction.
/// </summary>
internal sealed class RowGroups
{
    /// <summary>Nodes in one kernel.</summary>
    private const int NodeLimit = 64;

    private readonly Graph _graph;
    private readonly long _mostBytes;
    private readonly Dictionary<Node, int> _order = [];
    private readonly HashSet<Value> _epilogues = [];
    private readonly Dictionary<Node, RowSpace> _results = [];
    private readonly HashSet<Node> _members = [];

    private RowGroups(Graph graph, long mostBytes) => (_graph, _mostBytes) = (graph, mostBytes);

    /// <summary>The groups of a graph whose rows take at most so many bytes, so that a row stays in the cache.</summary>
    public static RowGroups Of(Graph graph, long mostBytes)
    {
        var groups = new RowGroups(graph, mostBytes);
        foreach (var node in graph.Nodes)
        {
            groups._order[node] = groups._order.Count;
            if (groups.ContinuesContraction(node))
                groups._epilogues.Add(node.Output);
        }
        foreach (var node in graph.Nodes.Reverse())
            groups.TryResult(node);
        return groups;
    }

    /// <summary>The space of the group that a node gives the result of.</summary>
    public RowSpace? Of(Node result) => _results.GetValueOrDefault(result);

    /// <summary>Whether a node is computed within a row kernel, without memory for what it gives.</summary>
    public bool IsInside(Node node) => _members.Contains(node);

    private bool ContinuesContraction(Node node) => node.Op is ElementwiseOp && node.Inputs.Any(i =>
        (Anchoring.IsContraction(i.Node) || _epilogues.Contains(i)) && i.Shape == node.Output.Shape
        && !_graph.IsOutput(i) && _graph.UsersOf(i).All(u => u == node) && node.Inputs.Count(v => v == i) == 1);

    private void TryResult(Node result)
    {
        if (_members.Contains(result) || result.Op is not (ElementwiseOp or ReductionOp) || _epilogues.Contains(result.Output) || !result.Output.Shape.IsKnown)
            return;
        var best = Spaces(result).Select(space => (Space: space, Nodes: Grow(result, space))).Where(g => Pays(g.Nodes, result, g.Space))
            .OrderByDescending(g => g.Nodes.Count(n => n.Op is ReductionOp)).ThenByDescending(g => g.Nodes.Count).FirstOrDefault();
        if (best.Space is null)
            return;
        _results.Add(result, best.Space);
        _members.UnionWith(best.Nodes.Where(n => n != result));
    }

    /// <summary>The spaces of the reductions that a result may be computed from within one kernel.</summary>
    private List<RowSpace> Spaces(Node result)
    {
        var spaces = new List<RowSpace>();
        var seen = new HashSet<Node> { result };
        var open = new Queue<Node>([result]);
        while (open.TryDequeue(out var node) && seen.Count <= NodeLimit)
        {
            if (node.Op is ReductionOp op)
            {
                if (RowSpace.Of(op, node.Inputs[0]) is { } space && !spaces.Contains(space))
                    spaces.Add(space);
                continue;
            }
            foreach (var input in node.Inputs)
                if (input.Op is ElementwiseOp or ReductionOp && !_epilogues.Contains(input) && seen.Add(input.Node))
                    open.Enqueue(input.Node);
        }
        return spaces;
    }

    /// <summary>All nodes that the result is computed from row by row and that nothing else reads.</summary>
    private HashSet<Node> Grow(Node result, RowSpace space)
    {
        var nodes = new HashSet<Node>();
        if (!Fits(result, space, isResult: true))
            return nodes;
        nodes.Add(result);
        // The last first, so that a node's users are decided before it is.
        var open = new PriorityQueue<Node, int>();
        void Open(Node node)
        {
            foreach (var input in node.Inputs)
                open.Enqueue(input.Node, -_order[input.Node]);
        }
        Open(result);
        while (open.TryDequeue(out var node, out _) && nodes.Count < NodeLimit)
        {
            if (nodes.Contains(node) || _members.Contains(node) || node.Outputs.Length != 1 || _results.ContainsKey(node) || _graph.IsOutput(node.Output)
                || _epilogues.Contains(node.Output) || !_graph.UsersOf(node.Output).All(nodes.Contains) || !Fits(node, space, isResult: false))
                continue;
            nodes.Add(node);
            Open(node);
        }
        return nodes;
    }

    private static bool Fits(Node node, RowSpace space, bool isResult)
    {
        if (node.Op is ReductionOp reduction)
            return node.Output.Element != DType.Bool && (reduction.KeepDims || isResult) && space.Equals(RowSpace.Of(reduction, node.Inputs[0]));
        return node.Op is ElementwiseOp && (space.IsFull(node.Output) || space.IsPerRow(node.Output)) && node.Inputs.All(i => space.View(i) is not null);
    }

    /// <summary>
    /// A reduction whose result meets the row again, or another one: by themselves they would be kernels of their own with memory between them.
    /// </summary>
    private bool Pays(HashSet<Node> nodes, Node result, RowSpace space)
    {
        long widest = nodes.SelectMany(n => n.Inputs.Append(n.Output)).Select(v => v.Element.Size).DefaultIfEmpty(1).Max();
        int reductions = nodes.Count(n => n.Op is ReductionOp);
        return space.Length <= _mostBytes / widest && (reductions > 1 || (reductions == 1 && space.IsFull(result.Output)));
    }
}
