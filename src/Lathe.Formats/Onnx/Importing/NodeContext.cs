using System.Diagnostics.CodeAnalysis;
using Lathe.Formats.Onnx.Protobuf;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Importing;

/// <summary>A node of the model as the function that imports its op sees it.</summary>
internal sealed class NodeContext(ModelImporter importer, NodeProto proto, Scope scope, Frame frame, IReadOnlySet<string> neededNames)
{
    public GraphBuilder Builder => importer.Builder;

    public Attributes Attributes { get; } = new(proto.Attribute, frame.Parameters);

    public string Op => proto.OpType;

    public string Name => proto.Name.Length > 0 ? proto.Name : proto.Output.FirstOrDefault(o => o.Length > 0, "");

    public string Domain => Frame.Domain(proto.Domain);

    /// <summary>The version of the operator set that the node is written against; 1 when the model does not say.</summary>
    public int Opset => frame.Opsets.GetValueOrDefault(Domain, 1);

    /// <summary>The number of operands, those left out in the middle included.</summary>
    public int InputCount => proto.Input.Count;

    public int OutputCount => proto.Output.Count;

    /// <summary>Whether anything reads an output.</summary>
    public bool Needs(int output) => output < proto.Output.Count && neededNames.Contains(proto.Output[output]);

    public bool Has(int input) => input < proto.Input.Count && proto.Input[input].Length > 0 && scope.Find(proto.Input[input]) is not Importing.Slot.Absent;

    /// <summary>An operand that must be there.</summary>
    public Value In(int input) => Optional(input) ?? throw new ModelException("LATHE3045", $"operand {input} is missing");

    public Value? Optional(int input) => Has(input) ? importer.Read(scope, proto.Input[input]) : null;

    /// <summary>Throws where there are more operands than the op has.</summary>
    public void TakesAtMost(int operands)
    {
        if (proto.Input.Skip(operands).Any(name => name.Length > 0))
            Fail($"it has {InputCount} operands, and {Op} takes {operands} at most");
    }

    /// <summary>All operands from one on; none may be left out.</summary>
    public Value[] InputsFrom(int first) => [.. Enumerable.Range(first, Math.Max(0, InputCount - first)).Select(In)];

    /// <summary>An operand whose value must be known now, because it is an attribute in Lathe.</summary>
    public Tensor Constant(int input, string what)
    {
        var value = In(input);
        return importer.PureFolder.TryFold(value) ?? importer.Folder.TryFold(value)
            ?? throw Unsupported($"its {what} depends on data that only a run gives");
    }

    /// <summary>An operand that follows from the model's constants alone.</summary>
    public Tensor? TryConstant(int input) => Has(input) ? importer.PureFolder.TryFold(In(input)) : null;

    /// <summary>An operand that follows from the model's constants and from the values that inputs are known to have.</summary>
    public Tensor? TryKnown(int input) => Has(input) ? importer.Folder.TryFold(In(input)) : null;

    public long[] Ints(int input, string what)
    {
        var tensor = Constant(input, what);
        return !tensor.Type.IsFloat ? tensor.ToInt64Array() : throw new ModelException("LATHE3046", $"its {what} is {tensor} and should be integers");
    }

    public long[]? OptionalInts(int input, string what) => Has(input) ? Ints(input, what) : null;

    /// <summary>Integers that are an attribute in older opsets and an operand since.</summary>
    public long[]? IntsFrom(string attribute, int input) => Attributes.Has(attribute) ? Attributes.Ints(attribute) : OptionalInts(input, attribute);

    /// <summary>The one element of a constant operand.</summary>
    public double Scalar(int input, string what)
    {
        var tensor = Constant(input, what);
        return tensor.Count == 1 ? tensor.GetDouble(0) : throw new ModelException("LATHE3047", $"its {what} is {tensor} and should be one number");
    }

    public long ScalarInt(int input, string what)
    {
        var tensor = Constant(input, what);
        return tensor.Count == 1 ? tensor.GetInt64(0) : throw new ModelException("LATHE3047", $"its {what} is {tensor} and should be one number");
    }

    public Tensor? TensorAttribute(string name) => Attributes.Tensor(name) is { } tensor ? importer.Tensors.Read(tensor) : null;

    public Value Add(Op op, params ReadOnlySpan<Value> inputs) => Builder.Add(op, inputs);

    /// <summary>A scalar constant of a value's element type.</summary>
    public Value ScalarLike(double value, Value like) => Builder.Scalar(value, like.Element);

    public Value Vector(params ReadOnlySpan<long> elements) => Builder.Constant(Tensor.Vector(elements));

    public ModelImporter Importer => importer;

    /// <summary>What an operand stands for, which need be no tensor.</summary>
    public Importing.Slot Slot(int input) => Has(input) ? importer.ReadSlot(scope, proto.Input[input]) : throw new ModelException("LATHE3045", $"operand {input} is missing");

    public Importing.Slot.Sequence Sequence(int input) => Slot(input) as Importing.Slot.Sequence ?? throw new ModelException("LATHE3122", $"its operand {input} is a tensor and should be a sequence");

    /// <summary>The outputs of a subgraph, whose nodes may read the names around this node.</summary>
    public Importing.Slot[] Subgraph(GraphProto graph, params IReadOnlyList<Importing.Slot> inputs) => importer.Subgraph(graph, scope, frame, inputs);

    /// <summary>The error for what Lathe cannot do yet; the importer adds the node's name and op.</summary>
    public UnsupportedException Unsupported(string reason) => new("LATHE3050", reason);

    /// <summary>Throws when a shape is not fully known, which the caller needs.</summary>
    public Shape KnownShape(Value value) => value.Shape.IsKnown
        ? value.Shape
        : throw Unsupported($"it needs a known shape and has {value.Shape}; give the model's input shapes");

    [DoesNotReturn]
    public void Fail(string message) => throw new ModelException("LATHE3048", message);
}
