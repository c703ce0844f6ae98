using Google.Protobuf;
using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Formats.TensorFlow.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Tables from keys to values that the model sets up. Keys are numbers, or texts that are known while the model is read.</summary>
internal static class Tables
{
    public static IReadOnlyList<Slot> Handle(NodeContext node)
    {
        string shared = node.Attributes.Text("shared_name");
        return [new Slot.Table($"{node.Attributes.Text("container")}/{(shared.Length > 0 ? shared : node.Name)}")];
    }

    /// <summary>Operands: table, keys, values.</summary>
    public static IReadOnlyList<Slot> Fill(NodeContext node)
    {
        node.Importer.Tables[node.Table(0).Key] = new(node.Slot(1), node.Slot(2));
        return [];
    }

    /// <summary>Operands: table, keys, the value of keys that it has not.</summary>
    public static IReadOnlyList<Slot> Find(NodeContext node)
    {
        var table = Filled(node);
        if (node.Slot(1) is Slot.Texts wanted)
            return FindTexts(node, table, wanted.Tensor);
        if (table.Keys is Slot.Texts)
            throw node.Unsupported("it looks texts up that only a run gives");
        Value Held(Slot slot) => node.Importer.ValueOf(slot, new(node.Name, 0));
        if (table.Values is Slot.Texts)
            throw node.Unsupported("its values are texts, which are not supported");
        var (keys, values, asked, otherwise) = (Held(table.Keys), Held(table.Values), node.In(1), node.In(2));
        if (keys.Type.Rank == 1 && keys.Shape[0] == 0)
            return [new Slot.Bound(node.Add(new Expand([.. asked.Shape, .. values.Shape.Skip(1)]), otherwise))];
        var (taken, areThere) = node.Builder.LookedUp(keys, values, asked);
        return [new Slot.Bound(node.Add(new Where(), areThere, taken, otherwise))];
    }

    public static Value Size(NodeContext node) => node.Builder.Scalar(Filled(node).Keys switch
    {
        Slot.Texts texts => texts.Tensor.Elements.Length,
        var keys => node.Importer.ValueOf(keys, new(node.Name, 0)).Shape.ElementCount,
    }, DType.Int64);

    private static KnownTable Filled(NodeContext node) => node.Importer.Tables.TryGetValue(node.Table(0).Key, out var table)
        ? table
        : throw node.Unsupported("nothing that can be read fills its table");

    private static List<Slot> FindTexts(NodeContext node, KnownTable table, StringTensor wanted)
    {
        if (table.Keys is not Slot.Texts { Tensor: var keys })
            throw Misfit.Of("it looks texts up in a table of numbers");
        var places = new Dictionary<ByteString, int>();
        for (int i = 0; i < keys.Elements.Length; i++)
            places.TryAdd(keys.Elements[i], i);
        if (table.Values is Slot.Texts { Tensor: var texts })
        {
            var otherwise = node.Texts(2).Elements;
            return [new Slot.Texts(wanted with { Elements = [.. wanted.Elements.Select(w => places.TryGetValue(w, out int at) ? texts.Elements[at] : otherwise[0])] })];
        }
        var values = node.Importer.PureFolder.TryFold(node.Importer.ValueOf(table.Values, new(node.Name, 0))) ?? throw node.Unsupported("its values depend on data that only a run gives");
        var missing = node.Constant(2, "value of other keys");
        var result = Tensor.Zeros(values.Type, wanted.Shape);
        for (int i = 0; i < wanted.Elements.Length; i++)
            result.SetDouble(i, places.TryGetValue(wanted.Elements[i], out int at) ? values.GetDouble(at) : missing.GetDouble(0));
        return [new Slot.Bound(node.Builder.Constant(result))];
    }
}
