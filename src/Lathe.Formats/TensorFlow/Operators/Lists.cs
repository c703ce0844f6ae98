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
    public static IReadOnlyList<Slot> ArrayWrite(NodeContext node) => [IsStacked(node, 3) ? Written(node, 3, 1, 2) : With(node, node.Tensors(3), node.Int(1, "place"), node.In(2), grows: true)];

    public static Value ArrayRead(NodeContext node) => IsStacked(node, 2) ? Picked(node, 2, 1) : At(node, node.Tensors(2), node.Int(1, "place"));

    public static Value ArrayGather(NodeContext node)
    {
        if (IsStacked(node, 2))
            return Picked(node, 2, 1);
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

    public static Value ArraySize(NodeContext node) => node.Builder.Scalar(Count(node, 1), DType.Int32);

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

    public static IReadOnlyList<Slot> SetItem(NodeContext node) =>
        [IsStacked(node, 0) ? Written(node, 0, 1, 2) : With(node, node.Tensors(0), node.Int(1, "place"), node.In(2), grows: node.Attributes.Flag("resize_if_index_out_of_bounds"))];

    public static Value GetItem(NodeContext node) => IsStacked(node, 0) ? Picked(node, 0, 1) : At(node, node.Tensors(0), node.Int(1, "place"), ElementShape(node, 2));

    public static Value Length(NodeContext node) => node.Builder.Scalar(Count(node, 0), DType.Int32);

    public static Value Stack(NodeContext node)
    {
        if (node.Slot(0) is Slot.Stacked { Whole: var whole })
            return whole;
        var list = node.Tensors(0);
        var shape = ElementShape(node, 1);
        return Stacked(node, list, [.. Enumerable.Range(0, list.Elements.Length).Select(i => At(node, list, i, shape))], shape);
    }

    public static Value Gather(NodeContext node)
    {
        if (IsStacked(node, 0))
            return Picked(node, 0, 1);
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

    /// <summary>The tensor that is carried from round to round of a loop for a list, or for what is a tensor.</summary>
    /// <param name="other">The same a round before or after, which may know the shape of elements.</param>
    public static Value Tensor(ModelImporter importer, Slot slot, Slot other) => slot switch
    {
        Slot.Stacked stacked => stacked.Whole,
        Slot.Tensors list => Whole(importer.Builder, list, other),
        Slot.Texts or Slot.Table or Slot.Variable { IsReference: false } => throw new UnsupportedException("LATHE3532", "it changes a text, a table or which variable a name stands for from round to round"),
        _ => importer.ValueOf(slot, new("loop", 0)),
    };

    private static Value Whole(GraphBuilder b, Slot.Tensors list, Slot other)
    {
        if (other is Slot.Tensors { Elements.Length: var length } && length != list.Elements.Length)
            throw new UnsupportedException("LATHE3532", $"it carries a list of {list.Elements.Length} tensors before a round and {length} after it; reserve the whole list before the loop");
        Shape?[] shapes = other switch
        {
            Slot.Stacked { Whole: var whole } => [[.. whole.Shape.Skip(1)]],
            Slot.Tensors after => [after.Elements.FirstOrDefault(e => e is not null)?.Shape, after.ElementShape],
            _ => [],
        };
        var shape = shapes.Prepend(list.ElementShape).Prepend(list.Elements.FirstOrDefault(e => e is not null)?.Shape).FirstOrDefault(s => s is { IsKnown: true })
            ?? throw new UnsupportedException("LATHE3532", "it carries a list whose elements have no known shape");
        if (list.Elements.Any(e => e is not null && e.Shape != shape))
            throw new UnsupportedException("LATHE3532", "it carries a list of tensors of several shapes");
        return list.Elements.All(e => e is null)
            ? b.Filled([list.Elements.Length, .. shape], 0, list.Element)
            : b.Packed([.. list.Elements.Select(e => e ?? b.Filled(shape, 0, list.Element))], 0);
    }

    /// <summary>Whether a list is one tensor; places that only a run knows make it one.</summary>
    private static bool IsStacked(NodeContext node, int input, int place = 1) => node.Slot(input) is Slot.Stacked || (node.Slot(input) is Slot.Tensors && !IsKnown(node, place));

    private static bool IsKnown(NodeContext node, int input) => (node.TryConstant(input) ?? node.Importer.Folder.TryFold(node.In(input))) is not null;

    private static int Count(NodeContext node, int input) => node.Slot(input) is Slot.Stacked { Whole: var whole } ? checked((int)whole.Shape[0].Value) : node.Tensors(input).Elements.Length;

    private static Value Picked(NodeContext node, int list, int places) => node.Builder.Gathered(Tensor(node.Importer, node.Slot(list), node.Slot(list)), node.In(places), 0, 0);

    private static Slot.Stacked Written(NodeContext node, int list, int place, int input)
    {
        var value = node.In(input);
        var written = new Slot.Tensors(value.Element, value.Shape, [value]);
        var whole = node.Slot(list) is Slot.Tensors { Elements.Length: var count } tensors
            ? Tensor(node.Importer, tensors, written with { Elements = [.. Enumerable.Repeat<Value?>(value, count)] })
            : Tensor(node.Importer, node.Slot(list), written);
        if (whole.Element != value.Element || !whole.Shape.Skip(1).SequenceEqual(value.Shape))
            node.Fail($"{value.Type} cannot be in a list of {whole.Type}");
        if (whole.Shape[0] == 0 || node.Attributes.Flag("resize_if_index_out_of_bounds"))
            throw node.Unsupported("the place that it writes to depends on data that only a run gives, and its list may grow; make it as long as it can become, and of a fixed length (dynamic_size=False)");
        var at = node.In(place);
        var places = Lathe.Tensors.Tensor.Zeros(at.Element, [whole.Shape[0], .. value.Shape.Select(_ => (Dim)1)]);
        for (long i = 0; i < places.Count; i++)
            places.SetInt64(i, i);
        var here = node.Add(new Equal(), node.Constant(places), node.Reshaped(at, []));
        return new(node.Add(new Where(), here, node.Builder.Unsqueezed(value, 0), whole));
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
