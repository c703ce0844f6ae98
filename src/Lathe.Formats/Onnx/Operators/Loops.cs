using Lathe.Formats.Importing;
using Lathe.Formats.Onnx.Importing;
using Lathe.Formats.Onnx.Protobuf;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Loops that count or end by a condition.</summary>
internal static class Loops
{
    /// <summary>
    /// Operands: the most rounds, whether there is a first, what is carried. The body takes the round's number, the condition and what is carried; it gives the next condition, what is
    /// carried and what is collected of each round. A loop that collects has results whose extent is the number of its rounds, so that this must follow from constants.
    /// </summary>
    public static IReadOnlyList<Slot?> Loop(NodeContext node)
    {
        var body = node.Attributes.Graph("body") ?? throw new ModelException("LATHE3124", "its body is missing");
        int carried = Math.Max(0, node.InputCount - 2);
        int collected = body.Output.Count - 1 - carried;
        if (body.Input.Count != carried + 2 || collected < 0)
            node.Fail($"its body takes {body.Input.Count} and gives {body.Output.Count} values, and it carries {carried}");
        var most = node.Optional(0) is { } given ? node.Builder.AsScalar(given) : null;
        bool ends = node.Has(1);
        Slot[] initial =
        [
            Scalar(node, 0, DType.Int64), ends ? new Slot.Bound(node.Builder.AsScalar(node.In(1))) : Scalar(node, 1, DType.Bool),
            .. Enumerable.Range(2, carried).Select(node.Slot), .. Enumerable.Repeat(new Collected([]), collected),
        ];
        var loop = new LoopParts<Slot>(Condition, Round, Tensor, (_, value) => new Slot.Bound(value), Unread: 2);
        var last = Repetition.Run(node.Importer, initial, loop);
        return [.. last.Skip(2).Take(carried), .. last.Skip(2 + carried).Select((c, i) => Stacked((Collected)c, i))];

        Value Condition(IReadOnlyList<Slot> state)
        {
            if (most is null)
                return ValueOf(state[1]);
            var counts = node.Add(new Less(), ValueOf(state[0]), most.Element == DType.Int64 ? most : node.Add(new Cast(DType.Int64), most));
            return ends ? node.Add(new And(), counts, ValueOf(state[1])) : counts;
        }

        IReadOnlyList<Slot> Round(IReadOnlyList<Slot> state)
        {
            var results = node.Subgraph(body, Inputs(state));
            var number = node.Add(new Add(), ValueOf(state[0]), node.Builder.Scalar(1, DType.Int64));
            Slot goesOn = ends ? new Slot.Bound(node.Builder.AsScalar(ValueOf(results[0]))) : state[1];
            var collections = results.Skip(1 + carried).Zip(state.Skip(2 + carried), (value, c) => new Collected([.. ((Collected)c).Values, ValueOf(value)]));
            Slot[] next = [new Slot.Bound(number), goesOn, .. results.Skip(1).Take(carried)];
            return [.. next.Select(s => Folded(node, s)), .. collections];
        }

        // The round's number and the condition are scalars, or vectors of one where the body says so.
        Slot[] Inputs(IReadOnlyList<Slot> state) =>
        [
            .. state.Take(2).Zip(body.Input, (s, declared) => declared.Type?.TensorType?.Shape?.Dim.Count == 1 ? new Slot.Bound(node.Builder.Reshaped(ValueOf(s), [1])) : s),
            .. state.Skip(2).Take(carried),
        ];

        // Without a round only reading one tells what it would give.
        Slot Stacked(Collected values, int index) => values.Values.Count > 0
            ? new Slot.Bound(node.Builder.Packed(values.Values, 0))
            : Attempt.Of(node.Importer, () => node.Subgraph(body, Inputs(initial))).Result?[1 + carried + index] is Slot.Bound { Value: var one }
                ? new Slot.Bound(node.Builder.Filled([0, .. one.Shape], 0, one.Element))
                : throw node.Unsupported("it has no rounds, and the shape of what it would collect is not known");
    }

    /// <summary>
    /// Operands: what is carried, then what is taken apart along an axis, a place each round. The body's results are what is carried, then what is collected along an axis. In operator set 8
    /// there is an operand of lengths before these, and a batch in front of all axes.
    /// </summary>
    public static IReadOnlyList<Slot?> Scan(NodeContext node)
    {
        var body = node.Attributes.Graph("body") ?? throw new ModelException("LATHE3124", "its body is missing");
        int first = node.Opset < 9 ? 1 : 0;
        int scanned = (int)Math.Clamp(node.Attributes.Int("num_scan_inputs", 0), 0, 1 << 16), carried = node.InputCount - first - scanned;
        int collected = body.Output.Count - carried;
        if (carried < 0 || scanned == 0 || collected < 0 || body.Input.Count != carried + scanned)
            node.Fail($"its body takes {body.Input.Count} and gives {body.Output.Count} values, and it carries {carried} and takes {scanned} apart");
        Value[] state = [.. Enumerable.Range(first, carried).Select(node.In)], data = [.. Enumerable.Range(first + carried, scanned).Select(node.In)];
        if (first == 0)
            return Bound(Scan(
                node, body, state, data,
                Listed(node, "scan_input_axes", scanned), Listed(node, "scan_input_directions", scanned), Listed(node, "scan_output_axes", collected), Listed(node, "scan_output_directions", collected)));
        long[] backward = Listed(node, "directions", scanned);
        if (data.Concat(state).Any(v => v.Type.Rank == 0 || v.Shape[0] != data[0].Shape[0]) || data[0].Shape[0] == 0)
            node.Fail("its operands have no batch of one size");
        if (node.OptionalInts(0, "lengths") is { } lengths && lengths.Any(l => data[0].Type.Rank < 2 || l != data[0].Shape[1].Value))
            throw node.Unsupported("sequences of several lengths in one batch are not supported");
        // Each place of each batch is a round.
        long rounds = data[0].Type.Rank > 1 ? Math.Max(1, data[0].Shape[1].Value) : 1;
        int count = Reshaping.Parts(checked(data[0].Shape[0].Value * rounds)) / (int)rounds;
        var batches = Enumerable.Range(0, count).Select(i =>
        {
            Value[] At(Value[] values) => [.. values.Select(v => node.Builder.Reshaped(node.Builder.Along(v, 0, i, 1), [.. v.Shape.Skip(1)]))];
            return Scan(node, body, At(state), At(data), new long[scanned], backward, new long[collected], new long[collected]);
        }).ToArray();
        return Bound([.. Enumerable.Range(0, carried + collected).Select(o => node.Builder.Packed([.. batches.Select(b => b[o])], 0))]);
    }

    private static Value[] Scan(NodeContext node, GraphProto body, Value[] state, Value[] data, long[] axes, long[] backward, long[] outputAxes, long[] outputBackward)
    {
        Value[][] places = [.. data.Zip(axes, (x, axis) => node.Builder.Unpacked(x, x.Shape.Axis(axis)))];
        int rounds = places[0].Length;
        if (places.Any(p => p.Length != rounds))
            node.Fail($"what it takes apart has {string.Join(", ", places.Select(p => p.Length))} places");
        if (rounds is 0 or > Repetition.MaxRounds)
            throw node.Unsupported($"{rounds} rounds are not supported");
        foreach (var (declared, given) in body.Input.Zip([.. state, .. places.Select(p => p[0])]))
            if (declared.Type?.TensorType?.Shape is { } shape && !Suits(shape, given))
                node.Fail($"its body takes '{declared.Name}' in another shape than {given.Type}");
        List<Value>[] collected = [.. outputAxes.Select(_ => new List<Value>())];
        Slot[] carried = Bound(state);
        for (int round = 0; round < rounds; round++)
        {
            var results = node.Subgraph(body, [.. carried, .. places.Zip(backward, (p, back) => new Slot.Bound(p[back != 0 ? rounds - 1 - round : round]))]);
            carried = [.. results.Take(state.Length).Select(s => Folded(node, s))];
            for (int i = 0; i < collected.Length; i++)
                collected[i].Insert(outputBackward[i] != 0 ? 0 : round, ValueOf(results[state.Length + i]));
        }
        return [.. carried.Select(ValueOf), .. collected.Zip(outputAxes, (values, axis) => node.Builder.Packed(values, axis))];
    }

    private static bool Suits(TensorShapeProto declared, Value given) =>
        declared.Dim.Count == given.Type.Rank && declared.Dim.Zip(given.Shape, (d, extent) => !d.HasDimValue || d.DimValue < 0 || !extent.IsKnown || d.DimValue == extent.Value).All(fits => fits);

    /// <summary>A number for each operand or result, such as its axis, or 1 for one that runs backward.</summary>
    private static long[] Listed(NodeContext node, string name, int count)
    {
        long[] numbers = node.Attributes.Ints(name) ?? new long[count];
        return numbers.Length == count ? numbers : throw Misfit.Of($"its {name} are {numbers.Length} and should be {count}");
    }

    private static Value ValueOf(Slot slot) => slot is Slot.Bound bound ? bound.Value : throw new ModelException("LATHE3122", "its body gives a sequence where a tensor should be");

    private static Value Tensor(Slot entry, Slot other) => entry switch
    {
        Slot.Bound bound => bound.Value,
        Collected => throw new UnsupportedException(
            "LATHE3050", "it collects a result of each round (a scan output), of which only a run knows how many there are; give the inputs that decide it (--input-values), or carry a tensor of a fixed length"),
        _ => throw new UnsupportedException("LATHE3050", "it changes a sequence, whose length only a run knows then; carry a tensor of a fixed length"),
    };

    private static Slot Folded(NodeContext node, Slot slot) =>
        slot is Slot.Bound { Value: var value } && node.Importer.PureFolder.TryFoldSmall(value) is { } known ? new Slot.Bound(node.Builder.Constant(known)) : slot;

    private static Slot.Bound Scalar(NodeContext node, double value, DType type) => new(node.Builder.Scalar(value, type));

    private static Slot[] Bound(IEnumerable<Value> values) => [.. values.Select(v => new Slot.Bound(v))];

    /// <summary>What a loop has collected so far, a value each round.</summary>
    private sealed record Collected(IReadOnlyList<Value> Values) : Slot;
}
