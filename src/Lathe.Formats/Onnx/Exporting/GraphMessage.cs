using Google.Protobuf;
using Lathe.Formats.Onnx.Protobuf;
using Lathe.Formats.Onnx.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Exporting;

/// <summary>A graph's message as it grows, and the names of its values and nodes, each of which occurs once in the model.</summary>
internal sealed class GraphMessage
{
    private readonly Dictionary<Value, string> _names = [];
    private readonly HashSet<string> _taken, _nodes;

    public GraphMessage(string name) => (Proto, _taken, _nodes) = (Empty(name), [], []);

    private GraphMessage(GraphProto proto, GraphMessage around) => (Proto, _taken, _nodes) = (proto, around._taken, around._nodes);

    public GraphProto Proto { get; }

    /// <summary>A graph inside of this one, which sees its names.</summary>
    public GraphMessage Inner(string name) => new(Empty(name), this);

    /// <summary>This message for the nodes of another graph, which go in here too.</summary>
    public GraphMessage Inlined() => new(Proto, this);

    /// <summary>What an input of a graph inside, or of one that is put in here, stands for.</summary>
    public void Bind(Value value, string name) => _names.Add(value, name);

    /// <summary>A value's name. A constant joins the initializers when it is first asked for.</summary>
    public string NameOf(Value value)
    {
        if (_names.TryGetValue(value, out string? known))
            return known;
        string origin = value.Node.Name.Length > 0 ? value.Node.Name : value.Op.Name;
        string name = Fresh(value.Op is Constant ? origin : $"{origin}_output_{value.Index}");
        _names.Add(value, name);
        if (value.Constant is { } tensor)
            AddInitializer(name, tensor);
        return name;
    }

    public void AddInput(string name, Value value)
    {
        _names.Add(value, name);
        AddInput(name, value.Type);
    }

    public void AddInput(string name, TensorType type)
    {
        _taken.Add(name);
        Proto.Input.Add(new ValueInfoProto { Name = name, Type = OnnxTypes.Proto(type) });
    }

    /// <summary>Gives an output's value the output's name; false where the value has another name or is no node's result.</summary>
    public bool TryName(GraphOutput output)
    {
        _taken.Add(output.Name);
        return output.Value.Op is not (Input or Constant) && _names.TryAdd(output.Value, output.Name);
    }

    public void AddOutput(string name, TensorType type) => Proto.Output.Add(new ValueInfoProto { Name = name, Type = OnnxTypes.Proto(type) });

    /// <summary>A constant that the graph does not have, such as the axes of a reduction.</summary>
    public string Initializer(string role, Tensor tensor)
    {
        string name = Fresh(role);
        AddInitializer(name, tensor);
        return name;
    }

    public string Fresh(string stem)
    {
        string name = stem;
        for (int i = 2; !_taken.Add(name); i++)
            name = $"{stem}_{i}";
        return name;
    }

    public void AddNode(string op, string name, IEnumerable<string> inputs, IEnumerable<string> outputs, IEnumerable<(string Name, object Value)> attributes)
    {
        var node = new NodeProto { OpType = op, Name = UniqueNode(name.Length > 0 ? name : op) };
        node.Input.AddRange(inputs);
        while (node.Input.Count > 0 && node.Input[^1].Length == 0)
            node.Input.RemoveAt(node.Input.Count - 1);
        node.Output.AddRange(outputs);
        node.Attribute.AddRange(attributes.Select(a => AttributeOf(a.Name, a.Value)));
        Proto.Node.Add(node);
    }

    private static GraphProto Empty(string name) => new() { Name = name.Length > 0 ? name : "graph" };

    private string UniqueNode(string stem)
    {
        string name = stem;
        for (int i = 2; !_nodes.Add(name); i++)
            name = $"{stem}_{i}";
        return name;
    }

    private void AddInitializer(string name, Tensor tensor)
    {
        var proto = new TensorProto { Name = name, DataType = OnnxTypes.Number(tensor.Type), RawData = UnsafeByteOperations.UnsafeWrap(tensor.Bytes) };
        proto.Dims.AddRange(tensor.Shape.ToArray());
        Proto.Initializer.Add(proto);
    }

    private static AttributeProto AttributeOf(string name, object value)
    {
        var attribute = new AttributeProto { Name = name };
        switch (value)
        {
            case long number:
                (attribute.Type, attribute.I) = (AttributeProto.Types.AttributeType.Int, number);
                break;
            case double number:
                (attribute.Type, attribute.F) = (AttributeProto.Types.AttributeType.Float, (float)number);
                break;
            case string text:
                (attribute.Type, attribute.S) = (AttributeProto.Types.AttributeType.String, ByteString.CopyFromUtf8(text));
                break;
            case GraphProto graph:
                (attribute.Type, attribute.G) = (AttributeProto.Types.AttributeType.Graph, graph);
                break;
            case IEnumerable<long> numbers:
                attribute.Type = AttributeProto.Types.AttributeType.Ints;
                attribute.Ints.AddRange(numbers);
                break;
            case IEnumerable<double> numbers:
                attribute.Type = AttributeProto.Types.AttributeType.Floats;
                attribute.Floats.AddRange(numbers.Select(n => (float)n));
                break;
            case IEnumerable<string> texts:
                attribute.Type = AttributeProto.Types.AttributeType.Strings;
                attribute.Strings.AddRange(texts.Select(ByteString.CopyFromUtf8));
                break;
            default:
                throw new InternalException("LATHE3303", $"the attribute '{name}' has the type {value.GetType().Name}");
        }
        return attribute;
    }
}
