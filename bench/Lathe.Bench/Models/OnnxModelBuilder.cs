using System.Runtime.InteropServices;
using Google.Protobuf;
using Lathe.Formats.Onnx.Protobuf;
using Lathe.Tensors;

namespace Lathe.Bench.Models;

/// <summary>
/// Writes ONNX models node by node, as an exporter would, and counts their multiply-adds. Weights are random, scaled by their
/// fan-in (He et al. 2015, arXiv:1502.01852), so that activations neither die nor explode. Layers are in OnnxLayers.
/// </summary>
internal sealed class OnnxModelBuilder(string name, int seed = 1)
{
    private const int IrVersion = 8;
    private const int OpsetVersion = 17;

    private readonly GraphProto _graph = new() { Name = name };
    private readonly Dictionary<string, Tensor> _inputs = [];
    private int _counter;

    public RandomTensors Random { get; } = new(seed);

    public long Macs { get; set; }

    /// <summary>An input of the model and the tensor that it is measured with.</summary>
    public Value Input(string input, Tensor tensor)
    {
        var value = new Value(input, tensor.Shape.ToArray());
        _inputs.Add(input, tensor);
        _graph.Input.Add(Describe(value, ElementType(tensor.Type)));
        return value;
    }

    public Value Image(string input, long channels, long height, long width) => Input(input, Random.Pixels(1, channels, height, width));

    /// <summary>An initializer.</summary>
    public Value Weight(string role, float[] values, params long[] shape) => Stored(role, TensorProto.Types.DataType.Float, MemoryMarshal.AsBytes<float>(values), shape);

    public Value Weight(string role, float value) => Weight(role, [value]);

    /// <summary>A one-dimensional int64 initializer: axes, shapes and the like.</summary>
    public Value Integers(string role, params long[] values) => Stored(role, TensorProto.Types.DataType.Int64, MemoryMarshal.AsBytes<long>(values), values.Length);

    /// <summary>An initializer of int32.</summary>
    public Value Words(string role, int[] values, params long[] shape) => Stored(role, TensorProto.Types.DataType.Int32, MemoryMarshal.AsBytes<int>(values), shape);

    /// <summary>An initializer of int8, or of the same bytes as uint8.</summary>
    public Value Bytes(string role, sbyte[] values, bool signed, params long[] shape) =>
        Stored(role, signed ? TensorProto.Types.DataType.Int8 : TensorProto.Types.DataType.Uint8, MemoryMarshal.AsBytes<sbyte>(values), shape);

    /// <summary>Adds a node with one output of the given shape. Attribute values are long, long[], float or string.</summary>
    public Value Node(string op, long[] shape, Value?[] inputs, params (string Name, object Value)[] attributes)
    {
        var node = new NodeProto { OpType = op, Name = NewName(op) };
        node.Input.AddRange(inputs.Select(i => i?.Name ?? ""));
        node.Output.Add(node.Name + "_out");
        node.Attribute.AddRange(attributes.Select(Attribute));
        _graph.Node.Add(node);
        return new Value(node.Output[0], shape);
    }

    /// <summary>Ends the model; every output is float32 and is named output, or output_0, output_1 ... where there are several.</summary>
    public BenchModel Build(params Value[] outputs)
    {
        for (int i = 0; i < outputs.Length; i++)
        {
            var renamed = outputs[i] with { Name = outputs.Length == 1 ? "output" : $"output_{i}" };
            _graph.Node.Single(n => n.Output[0] == outputs[i].Name).Output[0] = renamed.Name;
            _graph.Output.Add(Describe(renamed, TensorProto.Types.DataType.Float));
        }
        var model = new ModelProto { IrVersion = IrVersion, ProducerName = "lathe-bench", Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = OpsetVersion });
        return new BenchModel(name, model.ToByteArray(), _inputs, Macs);
    }

    private Value Stored(string role, TensorProto.Types.DataType type, ReadOnlySpan<byte> bytes, params long[] shape)
    {
        var tensor = new TensorProto { Name = NewName(role), DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.AddRange(shape);
        _graph.Initializer.Add(tensor);
        return new Value(tensor.Name, shape);
    }

    private string NewName(string role) => $"{role}_{_counter++}";

    private static TensorProto.Types.DataType ElementType(DType type) => type switch
    {
        DType.Float32 => TensorProto.Types.DataType.Float,
        DType.Int64 => TensorProto.Types.DataType.Int64,
        _ => throw new ArgumentException($"inputs of type {type.Name} are not needed here"),
    };

    private static ValueInfoProto Describe(Value value, TensorProto.Types.DataType type)
    {
        var shape = new TensorShapeProto();
        shape.Dim.AddRange(value.Shape.Select(extent => new TensorShapeProto.Types.Dimension { DimValue = extent }));
        return new ValueInfoProto
        {
            Name = value.Name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } },
        };
    }

    private static AttributeProto Attribute((string Name, object Value) attribute)
    {
        var result = new AttributeProto { Name = attribute.Name };
        switch (attribute.Value)
        {
            case long i:
                (result.Type, result.I) = (AttributeProto.Types.AttributeType.Int, i);
                break;
            case float f:
                (result.Type, result.F) = (AttributeProto.Types.AttributeType.Float, f);
                break;
            case string s:
                (result.Type, result.S) = (AttributeProto.Types.AttributeType.String, ByteString.CopyFromUtf8(s));
                break;
            case long[] list:
                result.Type = AttributeProto.Types.AttributeType.Ints;
                result.Ints.AddRange(list);
                break;
            default:
                throw new ArgumentException($"attribute '{attribute.Name}' has a value of type {attribute.Value.GetType().Name}");
        }
        return result;
    }
}
