using Lathe.Formats.Importing;
using Lathe.Formats.Onnx.Importing;
using Lathe.Formats.Onnx.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Sequences of tensors, whose lengths and places are known while the model is read.</summary>
internal static class Sequences
{
    public static IReadOnlyList<Slot?> Identity(NodeContext node) => [node.Slot(0)];

    public static IReadOnlyList<Slot?> Construct(NodeContext node)
    {
        var elements = node.InputsFrom(0);
        return elements.Length > 0 ? [Of(elements[0].Element, elements)] : throw Misfit.Of("it has no operands");
    }

    public static IReadOnlyList<Slot?> Empty(NodeContext node) => [Of(OnnxTypes.Element(node.Attributes.Int("dtype", 1)), [])];

    /// <summary>Without a place, at the end.</summary>
    public static IReadOnlyList<Slot?> Insert(NodeContext node)
    {
        var sequence = node.Sequence(0);
        var value = node.In(1);
        if (value.Element != sequence.Element)
            node.Fail($"{value.Type} cannot be in a sequence of {sequence.Element.Name}");
        int place = node.Has(2) ? Place(node, 2, sequence.Elements.Length, sequence.Elements.Length + 1) : sequence.Elements.Length;
        return [sequence with { Elements = sequence.Elements.Insert(place, value) }];
    }

    /// <summary>Without a place, the last.</summary>
    public static IReadOnlyList<Slot?> Erase(NodeContext node)
    {
        var sequence = node.Sequence(0);
        int count = sequence.Elements.Length;
        return [sequence with { Elements = sequence.Elements.RemoveAt(node.Has(1) ? Place(node, 1, count, count) : Last(count)) }];
    }

    /// <summary>Which element of tensors of one type a run may tell.</summary>
    public static Value At(NodeContext node)
    {
        var elements = node.Sequence(0).Elements;
        if (node.TryKnown(1) is null && elements.Length > 0 && elements.All(e => e.Type == elements[0].Type))
            return node.Add(new Gather(0), node.Builder.Packed(elements, 0), node.Builder.AsScalar(node.In(1)));
        return elements[Place(node, 1, elements.Length, elements.Length)];
    }

    public static Value Length(NodeContext node) => node.Builder.Scalar(node.Sequence(0).Elements.Length, DType.Int64);

    /// <summary>Parts along an axis: of the sizes that an operand gives, of one size, or of 1 each, which then may lose the axis.</summary>
    public static IReadOnlyList<Slot?> Split(NodeContext node)
    {
        var x = node.In(0);
        int axis = x.Shape.Axis(node.Attributes.Int("axis", 0));
        if (!node.Has(1))
            return [Of(x.Element, node.Attributes.Flag("keepdims", true) ? node.Builder.Parted(x, axis, Enumerable.Repeat(1L, Reshaping.Parts(x.Shape[axis].Value)).ToArray()) : node.Builder.Unpacked(x, axis))];
        var split = node.Constant(1, "split");
        long[] sizes = split.Shape.Rank > 0 ? split.ToInt64Array() : Sizes(x.Shape[axis].Value, split.GetInt64(0));
        return [Of(x.Element, node.Builder.Parted(x, axis, sizes))];
    }

    public static Value Concat(NodeContext node)
    {
        var elements = node.Sequence(0).Elements;
        if (elements.Length == 0)
            node.Fail("its sequence is empty");
        long axis = node.Attributes.Int("axis", 0);
        if (node.Attributes.Flag("new_axis"))
            return node.Builder.Packed(elements, axis);
        return elements.Length == 1 ? elements[0] : node.Add(new Concat(elements[0].Shape.Axis(axis)), [.. elements]);
    }

    /// <summary>The body's results for each element of the first sequence; other sequences go along, tensors stay the same.</summary>
    public static IReadOnlyList<Slot?> Map(NodeContext node)
    {
        var body = node.Attributes.Graph("body") ?? throw new ModelException("LATHE3124", "its body is missing");
        Slot[] operands = [.. Enumerable.Range(0, node.InputCount).Select(node.Slot)];
        int count = node.Sequence(0).Elements.Length;
        if (operands.OfType<Slot.Sequence>().Any(s => s.Elements.Length != count))
            node.Fail("its sequences have different lengths");
        if (count == 0)
            throw node.Unsupported("its sequence is empty, and the type of what it would give is not known");
        var results = Enumerable.Range(0, count).Select(i => node.Subgraph(body, [.. operands.Select(o => o is Slot.Sequence s ? new Slot.Bound(s.Elements[i]) : o)])).ToArray();
        return [.. Enumerable.Range(0, results[0].Length).Select(o =>
        {
            Value[] values = [.. results.Select(r => r[o] is Slot.Bound bound ? bound.Value : throw Misfit.Of("its body gives a sequence"))];
            return Of(values[0].Element, values);
        })];
    }

    private static Slot.Sequence Of(DType element, IReadOnlyList<Value> values) => values.All(v => v.Element == element)
        ? new(element, [.. values])
        : throw Misfit.Of($"a sequence of {element.Name} cannot have {string.Join(", ", values.Select(v => v.Type))}");

    private static long[] Sizes(long extent, long size)
    {
        if (size <= 0)
            throw Misfit.Of($"parts of {size} cannot be");
        return [.. Enumerable.Range(0, extent == 0 ? 0 : Reshaping.Parts(((extent - 1) / size) + 1)).Select(i => Math.Min(size, extent - (i * size)))];
    }

    /// <summary>A place from 0, given from the end where it is negative.</summary>
    private static int Place(NodeContext node, int input, int length, int places)
    {
        long given = node.ScalarInt(input, "place"), place = given < 0 ? given + length : given;
        return place >= 0 && place < places ? (int)place : throw Misfit.Of($"place {given} is not in a sequence of {length}");
    }

    private static int Last(int count) => count > 0 ? count - 1 : throw Misfit.Of("its sequence is empty");
}
