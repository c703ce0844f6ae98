using Google.Protobuf;
using Lathe.Formats;
using Lathe.Formats.Onnx;
using Lathe.Formats.Onnx.Protobuf;
using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Tests.Formats.Onnx;

/// <summary>Builds ONNX models for tests.</summary>
internal sealed class TestModel
{
    private readonly GraphProto _graph = new() { Name = "test" };

    public TestModel(int opset = 17)
    {
        Proto = new ModelProto { IrVersion = 8, Graph = _graph };
        Proto.OpsetImport.Add(new OperatorSetIdProto { Version = opset });
    }

    public ModelProto Proto { get; }

    /// <summary>Extents that are strings become symbols.</summary>
    public TestModel Input(string name, params object[] dims) => TypedInput(name, 1, dims);

    public TestModel TypedInput(string name, int elementType, params object[] dims)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(dims.Select(d => d is string s
            ? new TensorShapeProto.Types.Dimension { DimParam = s }
            : new TensorShapeProto.Types.Dimension { DimValue = Convert.ToInt64(d) }));
        _graph.Input.Add(new ValueInfoProto { Name = name, Type = new() { TensorType = new() { ElemType = elementType, Shape = shape } } });
        return this;
    }

    public TestModel Output(string name)
    {
        _graph.Output.Add(new ValueInfoProto { Name = name });
        return this;
    }

    public TestModel Node(string op, string inputs, string outputs, params AttributeProto[] attributes)
    {
        _graph.Node.Add(NodeOf(op, inputs, outputs, attributes));
        return this;
    }

    public TestModel Floats(string name, long[] dims, params float[] values)
    {
        var tensor = new TensorProto { Name = name, DataType = 1 };
        tensor.Dims.Add(dims);
        tensor.FloatData.Add(values);
        _graph.Initializer.Add(tensor);
        return this;
    }

    public TestModel Ints(string name, long[] dims, params long[] values)
    {
        var tensor = new TensorProto { Name = name, DataType = 7 };
        tensor.Dims.Add(dims);
        tensor.Int64Data.Add(values);
        _graph.Initializer.Add(tensor);
        return this;
    }

    /// <summary>A scalar of a type that keeps its elements in int32_data.</summary>
    public TestModel TypedInitializer(string name, int elementType, int value)
    {
        var tensor = new TensorProto { Name = name, DataType = elementType };
        tensor.Int32Data.Add(value);
        _graph.Initializer.Add(tensor);
        return this;
    }

    public TestModel Initializer(TensorProto tensor)
    {
        _graph.Initializer.Add(tensor);
        return this;
    }

    public byte[] Bytes => Proto.ToByteArray();

    public Graph Import(ImportOptions? options = null)
    {
        var graph = OnnxImporter.Import(Bytes, options);
        GraphVerifier.Verify(graph);
        return graph;
    }

    /// <summary>A node; inputs and outputs are separated by blanks, and "-" is one left out.</summary>
    public static NodeProto NodeOf(string op, string inputs, string outputs, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = op, Name = $"{op.ToLowerInvariant()}_{outputs}" };
        node.Input.Add(inputs.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(i => i == "-" ? "" : i));
        node.Output.Add(outputs.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(i => i == "-" ? "" : i));
        node.Attribute.Add(attributes);
        return node;
    }

    public static AttributeProto Attribute(string name, object value)
    {
        var attribute = new AttributeProto { Name = name };
        switch (value)
        {
            case int or long:
                (attribute.I, attribute.Type) = (Convert.ToInt64(value), AttributeProto.Types.AttributeType.Int);
                break;
            case float f:
                (attribute.F, attribute.Type) = (f, AttributeProto.Types.AttributeType.Float);
                break;
            case string s:
                (attribute.S, attribute.Type) = (ByteString.CopyFromUtf8(s), AttributeProto.Types.AttributeType.String);
                break;
            case long[] ints:
                attribute.Ints.Add(ints);
                attribute.Type = AttributeProto.Types.AttributeType.Ints;
                break;
            case GraphProto graph:
                (attribute.G, attribute.Type) = (graph, AttributeProto.Types.AttributeType.Graph);
                break;
            case TensorProto tensor:
                (attribute.T, attribute.Type) = (tensor, AttributeProto.Types.AttributeType.Tensor);
                break;
            default:
                throw new ArgumentException($"no attribute of {value.GetType()}");
        }
        return attribute;
    }
}
