using Google.Protobuf;
using Lathe.Formats;
using Lathe.Formats.TensorFlow;
using Lathe.Formats.TensorFlow.Protobuf;
using Lathe.Formats.TensorFlow.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Tensors;

namespace Lathe.Tests.Formats.TensorFlow;

/// <summary>A TensorFlow graph or function that is put together node by node.</summary>
internal sealed class TestGraph
{
    private static readonly DType[] Types = [DType.Float32, DType.Float64, DType.Int32, DType.UInt8, DType.Int16, DType.Int8, DType.Int64, DType.Bool, DType.Float16];
    private static readonly DataType[] Numbers = [DataType.Float, DataType.Double, DataType.Int32, DataType.UInt8, DataType.Int16, DataType.Int8, DataType.Int64, DataType.Bool, DataType.Half];

    public GraphDef Definition { get; } = new() { Versions = new() { Producer = 1 } };

    public byte[] Bytes => Definition.ToByteArray();

    /// <param name="shape">-1 leaves an extent open; null leaves the rank open.</param>
    public TestGraph Placeholder(string name, DType type, params long[]? shape) => Add("Placeholder", name, "", ("dtype", type), ("shape", ShapeOf(shape)));

    public TestGraph Const(string name, Tensor tensor) => Add("Const", name, "", ("dtype", tensor.Type), ("value", tensor));

    public TestGraph Floats(string name, params float[] elements) => Const(name, Tensor.Vector(elements));

    public TestGraph Ints(string name, params int[] elements) => Const(name, Tensor.Vector(elements));

    public TestGraph Number(string name, int number) => Const(name, Tensor.Scalar(number));

    public TestGraph Texts(string name, params string[] texts)
    {
        var tensor = new TensorProto { Dtype = (int)DataType.String, TensorShape = ShapeOf([texts.Length]) };
        tensor.StringVal.AddRange(texts.Select(ByteString.CopyFromUtf8));
        return Add("Const", name, "", ("value", tensor));
    }

    /// <param name="inputs">Names with blanks between them.</param>
    public TestGraph Add(string op, string name, string inputs, params (string Name, object Value)[] attributes)
    {
        Definition.Node.Add(Node(op, name, inputs, attributes));
        return this;
    }

    /// <param name="results">"name=value" with blanks between them.</param>
    public TestGraph Function(string name, string arguments, string results, params NodeDef[] nodes)
    {
        var function = new FunctionDef { Signature = new() { Name = name } };
        function.Signature.InputArg.AddRange(Words(arguments).Select(a => new ArgDef { Name = a }));
        foreach (string[] result in Words(results).Select(r => r.Split('=')))
        {
            function.Signature.OutputArg.Add(new ArgDef { Name = result[0] });
            function.Ret.Add(result[0], result[1]);
        }
        function.NodeDef.AddRange(nodes);
        Definition.Library ??= new();
        Definition.Library.Function.Add(function);
        return this;
    }

    public static NodeDef Node(string op, string name, string inputs, params (string Name, object Value)[] attributes)
    {
        var node = new NodeDef { Name = name, Op = op };
        node.Input.AddRange(Words(inputs));
        foreach (var (key, value) in attributes)
            node.Attr.Add(key, Attribute(value));
        return node;
    }

    public Graph Import(ImportOptions? options = null) => TensorFlowImporter.ImportGraph(Bytes, options);

    /// <summary>The outputs for these inputs.</summary>
    public IReadOnlyDictionary<string, Tensor> Run(string output, params (string Name, Tensor Value)[] inputs) =>
        new GraphEvaluator(boundsChecked: true).Run(Import(new() { Outputs = Words(output) }), inputs.ToDictionary(i => i.Name, i => i.Value));

    /// <summary>The elements of the only output.</summary>
    public double[] Elements(string output, params (string Name, Tensor Value)[] inputs) => Run(output, inputs)[output].ToDoubleArray();

    public static int NumberOf(DType type) => (int)Numbers[Array.IndexOf(Types, type)];

    public static TensorShapeProto ShapeOf(long[]? shape)
    {
        var proto = new TensorShapeProto { UnknownRank = shape is null };
        proto.Dim.AddRange((shape ?? []).Select(e => new TensorDim { Size = e }));
        return proto;
    }

    private static AttrValue Attribute(object value)
    {
        var attribute = new AttrValue();
        switch (value)
        {
            case DType type: attribute.Type = NumberOf(type); break;
            case int number: attribute.I = number; break;
            case float number: attribute.F = number; break;
            case bool flag: attribute.B = flag; break;
            case string text: attribute.S = ByteString.CopyFromUtf8(text); break;
            case TensorShapeProto shape: attribute.Shape = shape; break;
            case TensorProto tensor: attribute.Tensor = tensor; break;
            case Tensor tensor: attribute.Tensor = Proto(tensor); break;
            case NameAttrList function: attribute.Func = function; break;
            case long[] numbers:
                attribute.List = new();
                attribute.List.I.AddRange(numbers);
                break;
            case string[] texts:
                attribute.List = new();
                attribute.List.S.AddRange(texts.Select(ByteString.CopyFromUtf8));
                break;
            default: throw new ArgumentException(value.GetType().Name);
        }
        return attribute;
    }

    private static TensorProto Proto(Tensor tensor) => new() { Dtype = NumberOf(tensor.Type), TensorShape = ShapeOf(tensor.Shape.ToArray()), TensorContent = ByteString.CopyFrom(tensor.Bytes.Span) };

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
