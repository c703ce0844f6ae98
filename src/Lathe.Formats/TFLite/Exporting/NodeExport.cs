using Lathe.Formats.Importing;
using Lathe.Formats.TFLite.Exporting.Ops;
using Lathe.Formats.TFLite.Importing;
using Lathe.Formats.TFLite.Reading;
using Lathe.Formats.TFLite.Writing;
using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting;

/// <summary>A node on its way into the model. A writer emits as many operators as it takes; the last gives the node's results.</summary>
internal sealed class NodeExport(GraphTensors tensors, Node node)
{
    public Node Node => node;

    /// <summary>What the node does, without bias and activation.</summary>
    public Op Op => Fused.MainOf(node.Op);

    public ActivationKind Activation => (node.Op as Fused)?.Activation ?? ActivationKind.None;

    public bool HasBias => node.Op is Fused { HasBias: true };

    public TensorType Type(int input) => node.Inputs[input].Type;

    public TensorType OutputType => node.Output.Type;

    public Tensor? ConstantOf(int input) => node.Inputs[input].Constant;

    /// <summary>The tensor of an input.</summary>
    public int In(int input) => tensors.Of(node.Inputs[input]);

    /// <summary>An operand of an operator on scaled integers; a constant has the scale that the operator says.</summary>
    public int Scaled(int input, LiteQuantization? by) =>
        ConstantOf(input) is { } tensor ? tensors.Constant(node.Inputs[input].Node.Name is { Length: > 0 } name ? name : $"{Stem}/operand", tensor, by) : In(input);

    public int[] Ins() => [.. node.Inputs.Select(tensors.Of)];

    public int TensorOf(Value value) => tensors.Of(value);

    /// <summary>The tensor of a result.</summary>
    public int Out(int output = 0) => tensors.Of(node.Outputs[output]);

    public int Constant(string role, Tensor tensor) => tensors.Constant($"{Stem}/{role}", tensor);

    /// <summary>A vector of i32.</summary>
    public int Ints(string role, params IEnumerable<long> values) => Constant(role, Tensor.Vector<int>([.. values.Select(v => checked((int)v))]));

    public int Int(string role, long value) => Constant(role, Tensor.Scalar(checked((int)value)));

    public int Scalar(string role, double value, DType type) => Constant(role, Tensor.Of<double>(Shape.Scalar, [value]).Cast(type));

    /// <summary>A tensor between two operators of the node.</summary>
    public int Temporary(string role, TensorType type) => tensors.Temporary($"{Stem}/{role}", type);

    /// <summary>An operator before the last, with one result of the given type.</summary>
    public int Emit(BuiltinOperator op, TensorType type, int[] inputs, OptionsKind kind = OptionsKind.None, FlatNode? options = null)
    {
        int output = Temporary(op.ToString(), type);
        tensors.Draft.AddOperator(op, inputs, [output], kind, options);
        return output;
    }

    /// <summary>The operator that gives the node's results.</summary>
    public void Result(BuiltinOperator op, int[] inputs, OptionsKind kind = OptionsKind.None, FlatNode? options = null) =>
        Operator(op, inputs, [.. node.Outputs.Select(tensors.Of)], kind, options);

    public void Operator(BuiltinOperator op, int[] inputs, int[] outputs, OptionsKind kind = OptionsKind.None, FlatNode? options = null) =>
        tensors.Draft.AddOperator(op, inputs, outputs, kind, options);

    /// <summary>The number of a graph that an operator calls.</summary>
    public int Called(Graph graph) => GraphWriter.Write(graph, tensors.Options, tensors.Draft);

    public int Reshaped(int tensor, TensorType type) =>
        Emit(BuiltinOperator.RESHAPE, type, [tensor, Ints("shape", type.Shape.ToArray())], OptionsKind.Reshape, new() { { 0, Extents(type.Shape) } });

    public void ReshapedResult(int tensor) =>
        Result(BuiltinOperator.RESHAPE, [tensor, Ints("shape", OutputType.Shape.ToArray())], OptionsKind.Reshape, new() { { 0, Extents(OutputType.Shape) } });

    /// <summary>An input with its axes in another order; of a constant, at once.</summary>
    public int Permuted(int input, params int[] permutation)
    {
        string stem = node.Inputs[input].Node.Name is { Length: > 0 } name ? name : $"{Stem}/weights";
        if (ConstantOf(input) is { } tensor)
            return tensors.Constant(stem, ConstantTensors.Permute(tensor, permutation));
        if (GraphTensors.StoredIntegers(node.Inputs[input]) is var (integers, by))
            return tensors.Dequantized(stem, ConstantTensors.Permute(integers, permutation), by);
        return Transposed(In(input), Type(input), permutation);
    }

    public int Transposed(int tensor, TensorType type, params int[] permutation) => Emit(
        BuiltinOperator.TRANSPOSE,
        type.WithShape([.. permutation.Select(p => type.Shape[p])]),
        [tensor, Ints("permutation", permutation.Select(p => (long)p))],
        OptionsKind.Transpose);

    public int Cast(int tensor, TensorType from, DType to) =>
        from.Element == to ? tensor : Emit(BuiltinOperator.CAST, from.WithElement(to), [tensor], OptionsKind.Cast, CastOptions(from.Element, to));

    public static FlatNode CastOptions(DType from, DType to) => new() { { 0, (byte)DraftTensor.TypeOf(from)! }, { 1, (byte)DraftTensor.TypeOf(to)! } };

    private static int[] Extents(Shape shape) => [.. shape.Select(d => (int)d.Value)];

    private string Stem => node.Name.Length > 0 ? node.Name : Op.Name;
}
