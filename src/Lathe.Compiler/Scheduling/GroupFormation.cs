using Lathe.Compilation.Kernels;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>
/// Cuts a graph into groups, each of which becomes one kernel, and says which values get memory. A contraction or
/// reduction takes the elementwise ops after it along; elementwise and movement ops without one are computed where they
/// are read if that is in one place only. Reshapes are other views of the same memory and need no kernel.
/// </summary>
internal sealed class GroupFormation
{
    /// <summary>
    /// Definitions in one kernel, counted as often as they are written out there: a value that is read twice and computed where
    /// it is read is in the code twice, and what it reads itself four times.
    /// </summary>
    private const long DefinitionLimit = 64;

    private readonly Graph _graph;
    private readonly Dictionary<Value, Node> _anchors = [];
    private readonly Dictionary<Value, long> _definitions = [];
    private readonly HashSet<Value> _materialized = [];

    private readonly RowGroups _rows;

    private GroupFormation(Graph graph, long rowBytes) => (_graph, _rows) = (graph, RowGroups.Of(graph, rowBytes));

    /// <summary>The groups in an order in which they can run, and all values that have memory (groups' results, inputs, views).</summary>
    /// <param name="graph">Primitives and loop ops only.</param>
    /// <param name="rowBytes">What a row may take that is to stay in the cache between passes over it.</param>
    public static (IReadOnlyList<Group> Groups, IReadOnlySet<Value> Materialized) Of(Graph graph, long rowBytes)
    {
        var formation = new GroupFormation(graph, rowBytes);
        foreach (var node in graph.Nodes)
            formation.Visit(node);
        foreach (var output in graph.Outputs)
            formation.Materialize(output.Value);
        return (formation.Groups(), formation._materialized);
    }

    /// <summary>A view has the bytes of its input under another shape.</summary>
    public static bool IsView(Node node) => node.Op is Reshape or Identity;

    private void Visit(Node node)
    {
        if (node.Op is Input)
            Materialize(node.Output);
        else if (node.Op is Constant)
            return;
        else if (IsView(node))
        {
            Materialize(node.Inputs[0]);
            Materialize(node.Output);
        }
        else if (node.Op is LoopOp)
        {
            foreach (var input in node.Inputs)
                Materialize(input);
            foreach (var output in node.Outputs)
                Materialize(output);
        }
        else if (_rows.IsInside(node) || _rows.Of(node) is not null)
            VisitInRows(node);
        else
            VisitPrimitive(node, (PrimitiveOp)node.Op);
    }

    /// <summary>A row kernel reads from memory what is not computed within it. Only padding can follow its result before that is stored.</summary>
    private void VisitInRows(Node node)
    {
        foreach (var input in node.Inputs.Where(i => !_rows.IsInside(i.Node)))
            Materialize(input);
        _definitions[node.Output] = 1;
        if (_rows.Of(node) is null)
            return;
        if (_graph.UsersOf(node.Output).All(u => u.Op is Pad pad && Anchoring.IsHalo(pad)))
            _anchors[node.Output] = node;
        else
            Materialize(node.Output);
    }

    private void VisitPrimitive(Node node, PrimitiveOp op)
    {
        bool reduces = Anchoring.IsAnchor(node);
        bool contracts = Anchoring.IsContraction(node);
        Node? anchor = reduces ? node : null;
        foreach (var input in node.Inputs)
        {
            bool anchored = _anchors.TryGetValue(input, out var inputAnchor);
            if (contracts)
                Materialize(MatMulOrder.Memory(node, input));
            else if (anchored && !reduces && anchor is null && IsOnlyUse(input, node) && ContinuesGroup(op, input, inputAnchor!, node.Output))
                anchor = inputAnchor;
            else if (anchored || !CanInline(input, node))
                Materialize(input);
        }
        if (LimitDefinitions(node, op))
            anchor = reduces ? node : null;
        if (anchor is not null)
            _anchors[node.Output] = anchor;
        if (node.Op is Pad || (node.Op is Transpose && anchor is not null))
            Materialize(node.Output);
    }

    /// <summary>
    /// Gives memory to as many inputs as it takes to keep the definition short, the longest first; says whether one of them was part of a
    /// group that the node would have continued.
    /// </summary>
    private bool LimitDefinitions(Node node, PrimitiveOp op)
    {
        if (Anchoring.IsContraction(node))
            return false;
        int[] loads = Reads.LoadsOf(node, op);
        long Length(int input) => loads[input] * (IsInlined(node.Inputs[input]) ? _definitions.GetValueOrDefault(node.Inputs[input]) : 0);
        bool leftGroup = false;
        while (true)
        {
            long length = 1 + Enumerable.Range(0, loads.Length).Sum(Length);
            int longest = loads.Length == 0 ? -1 : Enumerable.Range(0, loads.Length).MaxBy(Length);
            if (length <= DefinitionLimit || Length(longest) == 0)
            {
                _definitions[node.Output] = length;
                return leftGroup;
            }
            leftGroup |= _anchors.ContainsKey(node.Inputs[longest]);
            Materialize(node.Inputs[longest]);
        }
    }

    private bool IsInlined(Value value) => value.Constant is null && !_materialized.Contains(value);

    /// <summary>Elementwise of the same shape, the zero padding that surrounds what is stored, or the order in which it is.</summary>
    private static bool ContinuesGroup(PrimitiveOp op, Value input, Node anchor, Value output) => op switch
    {
        ElementwiseOp => input.Shape == output.Shape,
        Pad pad => Anchoring.IsHalo(pad),
        Transpose transpose => MatMulOrder.Stores(anchor, transpose),
        _ => false,
    };

    private bool IsOnlyUse(Value value, Node user) =>
        !_graph.IsOutput(value) && !_materialized.Contains(value) && _graph.UsersOf(value).All(u => u == user)
        && user.Inputs.Count(v => v == value) == 1;

    /// <summary>Computing a value again where it is read costs nothing extra when it is read once, or is only moved about.</summary>
    private bool CanInline(Value value, Node user) =>
        value.Constant is not null
        || (!_materialized.Contains(value) && !_graph.IsOutput(value) && value.Op is PrimitiveOp
            && _graph.UsersOf(value).All(u => u == user) && ReadsOnce(user));

    /// <summary>A user that reads each element of its input more often than once would compute it as often.</summary>
    private static bool ReadsOnce(Node user) =>
        user.Op is ElementwiseOp ? user.Inputs.All(i => i.Shape.ElementCount == user.Output.Shape.ElementCount || i.Shape.ElementCount == 1 || i.Constant is not null)
        : !Anchoring.ReadsWindows(user.Op) && Reads.Once(user, (PrimitiveOp)user.Op);

    private void Materialize(Value value)
    {
        if (value.Constant is null)
            _materialized.Add(value);
    }

    private List<Group> Groups()
    {
        var groups = new List<Group>();
        foreach (var node in _graph.Nodes)
        {
            if (node.Op is Input or Constant || IsView(node) || !_materialized.Contains(node.Output))
                continue;
            _anchors.TryGetValue(node.Output, out var anchor);
            var halo = node.Op is Pad pad && Anchoring.IsHalo(pad) ? pad : null;
            var rows = _rows.Of(halo is not null && IsInlined(node.Inputs[0]) ? node.Inputs[0].Node : node);
            var order = anchor is not null ? node.Op as Transpose : null;
            groups.Add(new Group(node.Output, anchor, halo, rows, order));
        }
        return groups;
    }
}
