using System.Collections.Immutable;
using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Lists of tensors, whose length and places are known while the model is read. An array's contents travel on the edge that TensorFlow calls its flow.</summary>
internal static class Lists
{
    private const int MaxLength = 1 << 16;

    /// <summary>Outputs: the handle and the flow, which are the same here.</summary>
    public static IReadOnlyList<Slot> Array(NodeContext node)
    {
        var list = new Slot.Tensors(node.Attributes.Element("dtype"), null, Nothing(node, node.Int(0, "size")));
        return [list, list];
    }

    /// <summary>Operands: handle, place, value, flow.</summary>
    public static IReadOnlyList<Slot> ArrayWrite(NodeContext node) => [With(node, node.Tensors(3), node.Int(1, "place"), node.In(2), grows: true)];

    public static Value ArrayRead(NodeContext node) => At(node, node.Tensors(2), node.Int(1, "place"));

    public static Value ArrayGather(NodeContext node)
    {
        var list = node.Tensors(2);
        return Stacked(node, list, [.. node.Ints(1, "places").Select(i => At(node, list, i))]);
    }

    public static IReadOnlyList<Slot> ArrayScatter(NodeContext node)
    {
        var list = node.Tensors(3);
        var parts = node.Builder.Unpacked(node.In(2), 0);
        foreach (var (place, part) in node.Ints(1, "places").Zip(parts))
            list = With(node, list, place, part, grows: true);
        return [list];
    }

    public static IReadOnlyList<Value> ArrayConcat(NodeContext node) => Joined(node, node.Tensors(1));

    /// <summary>Operands: handle, value, lengths, flow.</summary>
    public static IReadOnlyList<Slot> ArraySplit(NodeContext node) => [node.Tensors(3) with { Elements = [.. node.Builder.Parted(node.In(1), 0, node.Ints(2, "lengths"))] }];

    public static Value ArraySize(NodeContext node) => node.Builder.Scalar(node.Tensors(1).Elements.Length, DType.Int32);

    /// <summary>Operands: the elements' shape, the number of them.</summary>
    public static IReadOnlyList<Slot> Reserve(NodeContext node) => [new Slot.Tensors(node.Attributes.Element("element_dtype"), ElementShape(node, 0), Nothing(node, node.Int(1, "size")))];

    public static IReadOnlyList<Slot> Empty(NodeContext node) => [new Slot.Tensors(node.Attributes.Element("element_dtype"), ElementShape(node, 0), [])];

    public static IReadOnlyList<Slot> FromTensor(NodeContext node)
    {
        var x = node.In(0);
        if (x.Type.Rank == 0)
            node.Fail("a scalar is no list");
        return [new Slot.Tensors(x.Element, [.. x.Shape.Skip(1)], [.. node.Builder.Unpacked(x, 0)])];
    }

    public static IReadOnlyList<Slot> SetItem(NodeContext node) => [With(node, node.Tensors(0), node.Int(1, "place"), node.In(2), grows: node.Attributes.Flag("resize_if_index_out_of_bounds"))];

    public static Value GetItem(NodeContext node) => At(node, node.Tensors(0), node.Int(1, "place"), ElementShape(node, 2));

    public static Value Length(NodeContext node) => node.Builder.Scalar(node.Tensors(0).Elements.Length, DType.Int32);

    public static Value Stack(NodeContext node)
    {
        var list = node.Tensors(0);
        var shape = ElementShape(node, 1);
        return Stacked(node, list, [.. Enumerable.Range(0, list.Elements.Length).Select(i => At(node, list, i, shape))], shape);
    }

    public static Value Gather(NodeContext node)
    {
        var list = node.Tensors(0);
        var shape = ElementShape(node, 2);
        return Stacked(node, list, [.. node.Ints(1, "places").Select(i => At(node, list, i, shape))], shape);
    }

    /// <summary>Operands: values, places, the elements' shape, the number of elements.</summary>
    public static IReadOnlyList<Slot> Scatter(NodeContext node)
    {
        var x = node.In(0);
        long[] places = node.Ints(1, "places");
        long count = Math.Max(node.Has(3) ? node.Int(3, "size") : -1, places.DefaultIfEmpty(-1).Max() + 1);
        var list = new Slot.Tensors(x.Element, [.. x.Shape.Skip(1)], Nothing(node, count));
        foreach (var (place, part) in places.Zip(node.Builder.Unpacked(x, 0)))
            list = With(node, list, place, part, grows: false);
        return [list];
    }

    public static IReadOnlyList<Slot> PushBack(NodeContext node)
    {
        var list = node.Tensors(0);
        return [With(node, list, list.Elements.Length, node.In(1), grows: true)];
    }

    public static IReadOnlyList<Slot> PopBack(NodeContext node)
    {
        var list = node.Tensors(0);
        var last = At(node, list, list.Elements.Length - 1, ElementShape(node, 1));
        return [list with { Elements = list.Elements.RemoveAt(list.Elements.Length - 1) }, new Slot.Bound(last)];
    }

    public static IReadOnlyList<Slot> Resize(NodeContext node)
    {
        var list = node.Tensors(0);
        long size = node.Int(1, "size");
        return [list with { Elements = [.. Nothing(node, size).Select((_, i) => i < list.Elements.Length ? list.Elements[i] : null)] }];
    }

    public static IReadOnlyList<Value> Concat(NodeContext node) => Joined(node, node.Tensors(0));

    /// <summary>Operands: value, the elements' shape, lengths.</summary>
    public static IReadOnlyList<Slot> Split(NodeContext node) => [new Slot.Tensors(node.In(0).Element, null, [.. node.Builder.Parted(node.In(0), 0, node.Ints(2, "lengths"))])];

    public static Value ElementShapeOf(NodeContext node)
    {
        var list = node.Tensors(0);
        var shape = list.Elements.FirstOrDefault(e => e is not null)?.Shape ?? list.ElementShape ?? throw node.Unsupported("the shape of its elements is not known");
        return node.Add(new Cast(node.Attributes.Element("shape_type", Reading.DataType.Int32)), node.Builder.Vector([.. shape.Select(d => d.IsKnown ? d.Value : -1)]));
    }

    private static ImmutableArray<Value?> Nothing(NodeContext node, long count) => count is >= 0 and <= MaxLength
        ? [.. new Value?[count]]
        : throw node.Unsupported($"a list of {count} tensors is not supported");

    private static Slot.Tensors With(NodeContext node, Slot.Tensors list, long place, Value value, bool grows)
    {
        if (value.Element != list.Element)
            node.Fail($"{value.Type} cannot be in a list of {list.Element.Name}");
        if (grows && place >= list.Elements.Length && place < MaxLength)
            list = list with { Elements = list.Elements.AddRange(new Value?[place + 1 - list.Elements.Length]) };
        return place >= 0 && place < list.Elements.Length
            ? list with { Elements = list.Elements.SetItem((int)place, value) }
            : throw Misfit.Of($"place {place} is not in a list of {list.Elements.Length}");
    }

    /// <summary>An element; zeros where none was written and the shape is known.</summary>
    private static Value At(NodeContext node, Slot.Tensors list, long place, Shape? shape = null)
    {
        if (place < 0 || place >= list.Elements.Length)
            node.Fail($"place {place} is not in a list of {list.Elements.Length}");
        if (list.Elements[(int)place] is { } value)
            return value;
        var known = new[] { list.Elements.FirstOrDefault(e => e is not null)?.Shape, list.ElementShape, shape }.FirstOrDefault(s => s is { IsKnown: true });
        return known is null ? throw node.Unsupported($"place {place} of its list was not written") : node.Builder.Filled(known, 0, list.Element);
    }

    private static Value Stacked(NodeContext node, Slot.Tensors list, IReadOnlyList<Value> parts, Shape? shape = null)
    {
        if (parts.Count > 0)
            return node.Builder.Packed(parts, 0);
        var element = list.ElementShape is { IsKnown: true } own ? own : shape;
        return element is { IsKnown: true } ? node.Builder.Filled([0, .. element], 0, list.Element) : throw node.Unsupported("its list is empty and of no known shape");
    }

    private static Value[] Joined(NodeContext node, Slot.Tensors list)
    {
        Value[] parts = [.. Enumerable.Range(0, list.Elements.Length).Select(i => At(node, list, i))];
        if (parts.Length == 0 || parts.Any(p => p.Type.Rank == 0))
            node.Fail("it has no parts that can be joined");
        return [parts.Length == 1 ? parts[0] : node.Add(new Concat(0), parts), node.Builder.Vector([.. parts.Select(p => p.Shape[0].Value)])];
    }

    /// <summary>A shape that an operand says, with symbols for -1; null where even the rank is open.</summary>
    private static Shape? ElementShape(NodeContext node, int input)
    {
        if (!node.Has(input) || node.TryConstant(input) is not { } known || known.Type.IsFloat || (known.Shape.Rank == 0 && known.GetInt64(0) < 0))
            return null;
        return [.. known.ToInt64Array().Select(e => e < 0 ? Dim.Named("?") : (Dim)e)];
    }
}
