using Lathe.Compilation.Kernels;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>
/// Cuts a graph into groups, each of which becomes one kernel, and says which values get memory. A contraction or
/// reduction takes the elementwise ops after it along; elementwise and movement ops without one are computed where they
/// are read if that is in one place only. A convolution of few channels takes transposes and reshapes along too. Other reshapes are other views of the same memory and need no kernel.
/// </summary>
internal sealed class GroupFormation
{
    /// <summary>
    /// Definitions in one kernel, counted as often as they are written out there: a value that is read twice and computed where
    /// it is read is in the code twice, and what it reads itself four times.
    /// </summary>
    private const long DefinitionLimit = 64;

    /// <summary>
    /// Channels up to which a convolution stores its elements where transposes after it bring them. Each channel may then be a stream of memory
    /// of its own.
    /// </summary>
    private const long FewChannels = 16;

    /// <summary>A row of one in so many of the second-level cache stays there between passes over it.</summary>
    private const long RowShare = 4;

    private readonly Graph _graph;
    private readonly Dictionary<Value, Node> _anchors = [];
    private readonly Dictionary<Value, EquatableArray<Node>> _moves = [];
    private readonly Dictionary<Value, long> _definitions = [];
    private readonly HashSet<Value> _materialized = [];

    private readonly MachineFacts _machine;
    private readonly RowGroups _rows;

    private GroupFormation(Graph graph, MachineFacts machine) => (_graph, _machine, _rows) = (graph, machine, RowGroups.Of(graph, machine.L2Bytes / RowShare));

    /// <summary>The groups in an order in which they can run, and all values that have memory (groups' results, inputs, views).</summary>
    /// <param name="graph">Primitives, loop ops and loops only; a loop is a group of its own.</param>
    /// <param name="machine">Rows of row kernels stay in its second-level cache; columns that are moved together are its vectors.</param>
    public static (IReadOnlyList<Group> Groups, IReadOnlySet<Value> Materialized) Of(Graph graph, MachineFacts machine)
    {
        var formation = new GroupFormation(graph, machine);
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
        else if (MovesGroup(node))
        {
            var input = node.Inputs[0];
            _anchors[node.Output] = _anchors[input];
            _moves[node.Output] = [.. _moves.GetValueOrDefault(input), node];
            _definitions[node.Output] = _definitions.GetValueOrDefault(input);
        }
        else if (IsView(node))
        {
            Materialize(node.Inputs[0]);
            Materialize(node.Output);
        }
        else if (node.Op is LoopOp or While)
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

    /// <summary>
    /// Whether a node only moves what nothing else reads, and the group's kernel can store it there: a convolution of few channels anything,
    /// one of more vectors of channels, a product of matrices rows that stay whole.
    /// </summary>
    private bool MovesGroup(Node node) =>
        node.Op is Reshape or Transpose && !_rows.IsInside(node)
        && _anchors.TryGetValue(node.Inputs[0], out var anchor) && IsOnlyUse(node.Inputs[0], node)
        && (anchor is { Op: Conv { Layout: Layout.ChannelsLast, Groups: 1 } } ? anchor.Output.Shape[^1].Value <= FewChannels || MovesVectors(node, anchor)
            : node.Op is Transpose transpose && OperandOrder.Stores(anchor, transpose));

    /// <summary>
    /// Whether vectors of a convolution's channels stay whole where a node moves them, as those of a transposed convolution do, whose columns are several
    /// places of the result. A reshape by itself is free.
    /// </summary>
    private bool MovesVectors(Node node, Node anchor)
    {
        bool Whole(Value value) => value.Shape[^1].Value % _machine.Lanes(value.Element) == 0;
        if (!anchor.Output.Element.IsFloat || !Whole(node.Inputs[0]) || !Whole(node.Output))
            return false;
        return node.Op is Transpose transpose ? OperandOrder.KeepsLast(transpose)
            : _moves.GetValueOrDefault(node.Inputs[0]).Any(m => m.Op is Transpose)
                || Reads.OnlyReader(_graph, node.Output) is { Op: Transpose next } reader && OperandOrder.KeepsLast(next) && Whole(reader.Output);
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
                Materialize(OperandOrder.Memory(node, input));
            else if (anchored && !reduces && anchor is null && IsOnlyUse(input, node) && ContinuesGroup(op, input, node.Output))
            {
                anchor = inputAnchor;
                _moves[node.Output] = _moves.GetValueOrDefault(input);
            }
            else if (anchored || !CanInline(input, node))
                Materialize(input);
        }
        if (LimitDefinitions(node, op))
            anchor = reduces ? node : null;
        if (anchor is not null)
            _anchors[node.Output] = anchor;
        if (node.Op is Pad)
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

    /// <summary>
    /// Elementwise of the same shape, or the zero padding that surrounds what is stored. Where there are only reshapes before it, which
    /// cost nothing by themselves, channels must still be the last axis.
    /// </summary>
    private bool ContinuesGroup(PrimitiveOp op, Value input, Value output)
    {
        var moves = _moves.GetValueOrDefault(input);
        if (moves.Count > 0 && moves.All(m => m.Op is Reshape) && input.Shape[^1] != _anchors[input].Output.Shape[^1])
            return false;
        return op is ElementwiseOp ? input.Shape == output.Shape : op is Pad pad && Anchoring.IsHalo(pad);
    }

    private bool IsOnlyUse(Value value, Node user) => !_materialized.Contains(value) && Reads.OnlyReader(_graph, value) == user;

    /// <summary>Computing a value again where it is read costs nothing extra when it is read once, or is only moved about.</summary>
    private bool CanInline(Value value, Node user) =>
        value.Constant is not null
        || (!_materialized.Contains(value) && !_graph.IsOutput(value) && value.Op is PrimitiveOp
            && _graph.UsersOf(value).All(u => u == user) && ReadsOnce(user));

    /// <summary>A user that reads each element of its input more often than once would compute it as often.</summary>
    private static bool ReadsOnce(Node user) =>
        user.Op is ElementwiseOp ? user.Inputs.All(i => i.Shape.ElementCount == user.Output.Shape.ElementCount || i.Shape.ElementCount == 1 || i.Constant is not null)
        : !Anchoring.ReadsWindows(user.Op) && Reads.Once(user, (PrimitiveOp)user.Op);

    /// <summary>A view that gets memory is its input's; a group ends there.</summary>
    private void Materialize(Value value)
    {
        if (value.Constant is null && _materialized.Add(value) && IsView(value.Node))
            Materialize(value.Node.Inputs[0]);
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
            groups.Add(new Group(node.Output, anchor, halo, rows) { Moves = anchor is null ? [] : _moves.GetValueOrDefault(node.Output) });
        }
        return groups;
    }
}
