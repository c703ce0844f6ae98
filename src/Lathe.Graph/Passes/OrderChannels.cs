using Lathe.Graphs.Ops;

namespace Lathe.Graphs.Passes;

/// <summary>
/// Reads channels where they come from. What shuffles, slices and concatenations bring together is kept as a list of the channels; a convolution reads them in the
/// order in which they lie, with its weights in that order. So a shuffle between convolutions moves nothing, and of values that are split, joined and
/// split again each channel is copied to its reader only.
/// </summary>
public sealed class OrderChannels : Pass
{
    /// <summary>Longer axes are no channels.</summary>
    private const long MostPlaces = 1 << 13;

    public override Graph Run(Graph graph)
    {
        var movements = new Dictionary<Value, AxisMovement>();
        foreach (var node in graph.Nodes.Where(n => n.Outputs.Length == 1))
            if (AxisMovement.Of(node.Output) is { Source: { Constant: null } source } found && source.Shape[found.Axis].Value <= MostPlaces)
                movements.Add(node.Output, found);
        return movements.Count == 0 ? graph : new Rewriting(graph, movements).Run();
    }

    private sealed class Rewriting(Graph graph, Dictionary<Value, AxisMovement> movements)
    {
        private readonly GraphBuilder _builder = new();
        private readonly Dictionary<Value, ElementList> _lists = [];
        private readonly Dictionary<Value, Value> _map = [];
        private readonly Dictionary<(Value, int), bool> _takes = [];

        /// <summary>The movements that go through a value.</summary>
        private readonly ILookup<Value, AxisMovement> _through = movements.Values.SelectMany(m => m.Between.Select(b => (Between: b, Movement: m))).ToLookup(p => p.Between, p => p.Movement);

        public Graph Run()
        {
            foreach (var node in graph.Nodes)
            {
                _builder.Origin = node.Name;
                if (node.Outputs.Length == 1 && (PassedOn(node) ?? Listed(node)) is { } list)
                    _lists.Add(node.Output, list);
                else if (node.Outputs.Length == 1 && InOrder(node) is { } value)
                    _map.Add(node.Output, value);
                else if (!_through.Contains(node.Outputs[0]))
                    Copy(node);
            }
            return new Graph(graph.Name, graph.Inputs.Select(New), graph.Outputs.Select(o => o with { Value = New(o.Value) }));
        }

        private void Copy(Node node)
        {
            var copy = _builder.AddNode(node.Op, [.. node.Inputs.Select(New)]);
            foreach (var (from, to) in node.Outputs.Zip(copy.Outputs))
                _map[from] = to;
        }

        /// <summary>The value in the new graph: the parts that it is, or what it was made by.</summary>
        private Value New(Value value)
        {
            if (_map.TryGetValue(value, out var known))
                return known;
            if (_lists.TryGetValue(value, out var list) && list.IsInParts)
                return _map[value] = list.Build(_builder);
            Copy(value.Node);
            return _map[value];
        }

        private ElementList ListOf(Value value, int axis) =>
            _lists.TryGetValue(value, out var list) && list.Axis == axis ? list : ElementList.Of(New(value), axis);

        /// <summary>What movements and concatenations give.</summary>
        private ElementList? Listed(Node node)
        {
            if (movements.TryGetValue(node.Output, out var movement))
                return ListOf(movement.Source, movement.Axis).Select(movement.Index);
            return Joins(node, out int axis) ? new(axis, [.. node.Inputs.SelectMany(i => ListOf(i, axis).Places)]) : null;
        }

        private static bool Joins(Node node, out int axis)
        {
            axis = node.Op is Concat concat ? concat.Axis : -1;
            return axis >= 0 && node.Output.Shape.IsKnown && node.Output.Shape[axis].Value is > 0 and <= MostPlaces;
        }

        /// <summary>The data of a node in the order in which they lie, where all that reads them takes any; their numbers there, and what the places there are of the data.</summary>
        private (Value Data, long[] Order, long[] Inverse)? Sorted(Value data, int axis)
        {
            if (!_lists.TryGetValue(data, out var list) || list.Axis != axis || list.Sorted() is not var (sorted, order)
                || order.Zip(order.Skip(1)).All(p => p.First < p.Second) || !sorted.IsInParts || !TakeAny(data, axis))
                return null;
            var inverse = new long[order.Length];
            foreach (var (index, number) in order.Index())
                inverse[number] = index;
            return (sorted.Build(_builder), order, inverse);
        }

        /// <summary>Ops that treat all channels alike, or each by constants of its own, leave them in the order in which they lie.</summary>
        private ElementList? PassedOn(Node node)
        {
            if (node.Inputs.FirstOrDefault(_lists.ContainsKey) is not { } data || _lists[data].Axis is var axis && !Keeps(node, data, axis) || Sorted(data, axis) is not var (x, order, inverse))
                return null;
            var operands = node.Inputs.Select(i => i == data ? x : node.Op is Gather ? New(i) : Turned(node, i, axis, inverse)).ToArray();
            return ElementList.Of(_builder.Add(node.Op, operands), axis).Select(order);
        }

        /// <summary>A constant operand with what it has for each channel in another order.</summary>
        private Value Turned(Node node, Value constant, int axis, long[] order)
        {
            int at = node.Op is Conv conv ? conv.WeightAxes(constant.Type.Rank).Out : axis - node.Output.Type.Rank + constant.Type.Rank;
            return at < 0 || constant.Shape[at] == 1 ? New(constant) : ElementList.Gather(_builder, New(constant), at, order);
        }

        /// <summary>Whether each channel of a node's result comes from that channel of the data alone, and constants.</summary>
        private static bool Keeps(Node node, Value data, int axis)
        {
            if (node.Outputs.Length != 1 || !node.Output.Shape.IsKnown || node.Inputs.Any(i => i != data && i.Constant is null) || node.Inputs.Count(i => i == data) != 1)
                return false;
            return node.Op switch
            {
                Conv { Groups: > 1 } conv => axis == ChannelsOf(node, conv.Layout) && conv.Groups == data.Shape[axis].Value && conv.Groups == node.Output.Shape[axis].Value,
                MaxPool pool => axis == ChannelsOf(node, pool.Layout),
                AveragePool pool => axis == ChannelsOf(node, pool.Layout),
                Gather gather => gather.Axis != axis && node.Inputs[1].Type.Rank == 1 && data == node.Inputs[0],
                ElementwiseOp => data.Shape == node.Output.Shape,
                _ => false,
            };
        }

        private static int ChannelsOf(Node node, Layout layout) => ImageAxes.Of(layout, node.Output.Type.Rank).Channel;

        /// <summary>A convolution of channels in the order in which they lie.</summary>
        private Value? InOrder(Node node)
        {
            if (!TakesAny(node, out int axis) || Sorted(node.Inputs[0], axis) is not var (x, _, inverse))
                return null;
            int inputs = ((Conv)node.Op).WeightAxes(node.Output.Type.Rank).In;
            return _builder.Add(node.Op, x, ElementList.Gather(_builder, New(node.Inputs[1]), inputs, inverse));
        }

        private static bool TakesAny(Node node, out int axis)
        {
            axis = node.Op is Conv { Groups: 1 } conv && node.Inputs[0].Constant is null && node.Inputs[1].Constant is not null ? ChannelsOf(node, conv.Layout) : -1;
            return axis >= 0;
        }

        /// <summary>Whether all that reads a value takes its channels in any order, directly or by what passes them on.</summary>
        private bool TakeAny(Value value, int axis)
        {
            if (_takes.TryGetValue((value, axis), out bool known))
                return known;
            var users = graph.UsersOf(value).ToList();
            return _takes[(value, axis)] = users.Count > 0 && !graph.IsOutput(value)
                && users.All(user => (TakesAny(user, out int channels) && channels == axis) || (user.Outputs.Length == 1 && PassesOn(user, value, axis)));
        }

        private bool PassesOn(Node user, Value value, int axis)
        {
            if (movements.TryGetValue(user.Output, out var movement) && (movement.Axis == axis || !Keeps(user, value, axis)))
                return movement.Axis == axis && TakeAny(user.Output, axis);
            if (Joins(user, out int joined) ? joined == axis : Keeps(user, value, axis))
                return TakeAny(user.Output, axis);
            return _through.Contains(user.Output) && _through[user.Output].All(m => m.Axis == axis) && !graph.IsOutput(user.Output)
                && graph.UsersOf(user.Output).All(next => next.Outputs.Length == 1 && PassesOn(next, user.Output, axis));
        }
    }
}
