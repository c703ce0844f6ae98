using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// In which pass over a row each node of a row group is computed. A reduction ends a pass: what needs its result runs in a later one. An
/// element that several passes need is computed in each of them again, or, where that takes longer than a store and a load, kept in a buffer.
/// </summary>
internal sealed class RowPlan
{
    /// <summary>Storing an element and loading it again costs about as much as so many operations.</summary>
    private const int KeepingCost = 4;

    private readonly RowSpace _space;
    private readonly Value _result;
    private readonly HashSet<Value> _inside;
    private readonly Dictionary<Value, int> _levels = [];
    private readonly Dictionary<Value, HashSet<int>> _passes = [];
    private readonly HashSet<Value> _kept = [];

    public RowPlan(IReadOnlyList<Node> nodes, RowSpace space)
    {
        (Nodes, _space, _result) = (nodes, space, nodes[^1].Output);
        _inside = [.. nodes.Select(n => n.Output)];
        foreach (var node in nodes)
            _levels[node.Output] = node.Inputs.Max(Level) + (node.Op is ReductionOp ? 1 : 0);
        foreach (var node in nodes.Reverse().Where(IsFull))
            FindPasses(node);
    }

    /// <summary>The plan of a group of rows.</summary>
    public static RowPlan Of(Group group, IReadOnlySet<Value> materialized) => new([.. GroupNodes.Of(group, materialized).Where(n => n.Op is not Pad)], group.Rows!);

    /// <summary>The nodes, each after those that it reads.</summary>
    public IReadOnlyList<Node> Nodes { get; }

    /// <summary>How many passes over a row there are; the last one stores the result where that has an element for each place.</summary>
    public int Count => Level(_result) + (IsFull(_result.Node) ? 1 : 0);

    /// <summary>Elements that are kept in a buffer from the pass that computes them first.</summary>
    public IEnumerable<Value> Kept => Nodes.Select(n => n.Output).Where(_kept.Contains);

    /// <summary>Operations for an element of a row, all passes together.</summary>
    public long Work => Nodes.Sum(n => Cost(n) * (IsFull(n) && !_kept.Contains(n.Output) ? _passes[n.Output].Count : 1));

    public bool IsInside(Value value) => _inside.Contains(value);

    /// <summary>Whether a node gives an element for each place, and not one for each row.</summary>
    public bool IsFull(Node node) => node.Op is not ReductionOp && _space.IsFull(node.Output);

    /// <summary>The elementwise nodes over places to compute in a pass.</summary>
    public IEnumerable<Node> ComputedIn(int pass) => Nodes.Where(n => IsFull(n) && (_kept.Contains(n.Output) ? FirstPass(n.Output) == pass : _passes[n.Output].Contains(pass)));

    /// <summary>The kept elements that a pass computes and stores.</summary>
    public IEnumerable<Value> KeptIn(int pass) => Kept.Where(v => FirstPass(v) == pass);

    /// <summary>The reductions that a pass sums up.</summary>
    public IEnumerable<Node> ReducedIn(int pass) => Nodes.Where(n => n.Op is ReductionOp && Level(n.Output) == pass + 1);

    /// <summary>The elementwise nodes over rows whose operands are known before a pass and not earlier.</summary>
    public IEnumerable<Node> KnownBefore(int pass) => Nodes.Where(n => n.Op is not ReductionOp && !IsFull(n) && Level(n.Output) == pass);

    /// <summary>Operations for one element; a function such as exp counts as its polynomial.</summary>
    private static int Cost(Node node)
    {
        if (node.Op is not ElementwiseOp op)
            return 1;
        var element = op.Apply([.. node.Inputs.Select((v, i) => new Var($"x{i}", new ExprType(v.Element)))], node.Output.Element);
        return Math.Max(1, element.Descendants().Sum(e => e switch
        {
            Call { Function: not Intrinsic.Fma } => 24,
            Binary { Op: BinaryOp.Div } or Unary { Op: UnaryOp.Sqrt or UnaryOp.Reciprocal } => 8,
            Unary or Binary or Select or Compare or Loops.Cast or Call => 1,
            _ => 0,
        }));
    }

    /// <summary>How many reductions a value needs one after the other: the first pass in which it can be read.</summary>
    private int Level(Value value) => _levels.GetValueOrDefault(value);

    private int FirstPass(Value value) => _passes[value].Min();

    /// <summary>The passes that need a node's elements. Its users are decided before.</summary>
    private void FindPasses(Node node)
    {
        var passes = new HashSet<int>();
        if (node.Output == _result)
            passes.Add(Level(_result));
        foreach (var user in Nodes.Where(n => n.Inputs.Contains(node.Output)))
        {
            if (user.Op is ReductionOp)
                passes.Add(Level(user.Output) - 1);
            else if (_kept.Contains(user.Output))
                passes.Add(FirstPass(user.Output));
            else
                passes.UnionWith(_passes[user.Output]);
        }
        _passes[node.Output] = passes;
        if (passes.Count > 1 && CostFromMemory(node.Output, []) > KeepingCost)
            _kept.Add(node.Output);
    }

    /// <summary>Operations for an element of a value, from what is in memory or one number for a row; each operand counts once, and a load as one.</summary>
    private int CostFromMemory(Value value, HashSet<Value> seen)
    {
        if (!seen.Add(value) || value.Constant is { Count: 1 } || (_inside.Contains(value) && !IsFull(value.Node)))
            return 0;
        return _inside.Contains(value) ? Cost(value.Node) + value.Node.Inputs.Sum(i => CostFromMemory(i, seen)) : 1;
    }
}
