using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Variables, which hold what the checkpoint says until a node of the graph changes it, and their restoring.</summary>
internal static class Variables
{
    /// <summary>Variables with the same shared name and container are the same one.</summary>
    public static Func<NodeContext, IReadOnlyList<Slot>> Handle(bool isReference) => node =>
    {
        string shared = node.Attributes.Text("shared_name"), container = node.Attributes.Text("container");
        string name = shared.Length > 0 ? shared : node.Name;
        return [new Slot.Variable($"{container}/{name}", name, isReference)];
    };

    public static IReadOnlyList<Slot> Read(NodeContext node) => [node.Importer.Store.Read(node.Variable(0)) switch
    {
        Slot.Stored stored => new Slot.Bound(node.Importer.ValueOf(stored, new(node.Name, 0))),
        var held => held,
    }];

    /// <summary>In a frozen graph a constant is in the variable's place.</summary>
    public static IReadOnlyList<Slot> Assign(NodeContext node)
    {
        if (node.Slot(0) is Slot.Bound)
            return [node.Slot(1)];
        var variable = node.Variable(0);
        node.Importer.Store.Assign(variable, node.Slot(1));
        return [variable];
    }

    /// <summary>Assigns what becomes of the variable's value and an operand.</summary>
    public static Func<NodeContext, IReadOnlyList<Slot>> Update(BinaryElementwiseOp op) => node =>
    {
        var variable = node.Variable(0);
        var held = node.Importer.ValueOf(node.Importer.Store.Read(variable), new(node.Name, 0));
        node.Importer.Store.Assign(variable, new Slot.Bound(node.Add(op, held, node.In(1))));
        return [variable];
    };

    /// <summary>Rows of what a variable holds.</summary>
    public static Value Gather(NodeContext node)
    {
        var held = node.Importer.ValueOf(node.Importer.Store.Read(node.Variable(0)), new(node.Name, 0));
        return node.Builder.Gathered(held, node.In(1), 0, (int)Math.Clamp(node.Attributes.Int("batch_dims"), 0, 64));
    }

    public static Value GatherNd(NodeContext node) =>
        node.Add(new GatherND(0), node.Importer.ValueOf(node.Importer.Store.Read(node.Variable(0)), new(node.Name, 0)), node.In(1));

    public static Value Shape(NodeContext node)
    {
        var held = node.Importer.ValueOf(node.Importer.Store.Read(node.Variable(0)), new(node.Name, 0));
        return node.Add(new Cast(node.Attributes.Element("out_type", Reading.DataType.Int32)), node.Builder.Vector(held.Shape.ToArray()));
    }

    public static Value IsInitialized(NodeContext node) => node.Builder.Scalar(1, Tensors.DType.Bool);

    /// <summary>Tensors of the checkpoint by their names; which checkpoint is the model's own. Operands: its path, names, parts to take of each.</summary>
    public static IReadOnlyList<Slot> Restore(NodeContext node)
    {
        var names = node.Texts(1);
        var parts = node.Texts(2);
        return [.. Enumerable.Range(0, names.Elements.Length).Select(i => new Slot.Stored(names.Text(i), i < parts.Elements.Length ? parts.Text(i) : ""))];
    }
}
