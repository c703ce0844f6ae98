using Lathe.Formats;
using Lathe.Formats.TFLite;
using Lathe.Formats.TFLite.Reading;
using Lathe.Formats.TFLite.Writing;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Tests.Formats.TFLite;

/// <summary>Builds TFLite models for tests. Tensors go by their names.</summary>
internal sealed class TestModel
{
    private readonly List<string> _names = [];
    private readonly List<FlatNode> _tensors = [], _operators = [];
    private List<FlatNode> _buffers = [[]], _codes = [];
    private List<(BuiltinOperator Op, string Custom)> _known = [];
    private readonly List<int> _inputs = [], _outputs = [];

    /// <summary>Other graphs than the main one, and what else the root has.</summary>
    public List<FlatNode> MoreGraphs { get; } = [];

    public FlatNode Root { get; } = [];

    public TestModel Input(string name, LiteType type, int[] shape, float scale = 0, long zeroPoint = 0, int[]? signature = null)
    {
        _inputs.Add(AddTensor(name, type, shape, 0, Quantization([scale], [zeroPoint], 0), signature));
        return this;
    }

    public TestModel Input(string name, params int[] shape) => Input(name, LiteType.Float32, shape);

    public TestModel Value(string name, LiteType type = LiteType.Float32, int[]? shape = null, float scale = 0, long zeroPoint = 0)
    {
        AddTensor(name, type, shape ?? [], 0, Quantization([scale], [zeroPoint], 0), null);
        return this;
    }

    public TestModel Stored(string name, LiteType type, Tensor tensor, float[]? scales = null, long[]? zeroPoints = null, int axis = 0)
    {
        _buffers.Add(new FlatNode { { 0, tensor.Bytes.ToArray() } });
        AddTensor(name, type, [.. tensor.Shape.ToArray().Select(e => (int)e)], _buffers.Count - 1, Quantization(scales ?? [], zeroPoints ?? [], axis), null);
        return this;
    }

    public TestModel Floats(string name, int[] shape, params float[] values) => Stored(name, LiteType.Float32, Tensor.Of(Shape.Of(shape.Select(e => (long)e)), values));

    public TestModel Ints(string name, params int[] values) => Stored(name, LiteType.Int32, Tensor.Vector<int>(values));

    /// <summary>Names are separated by blanks; "-" is an operand that is left out. Outputs that are not known yet become f32 tensors.</summary>
    /// <param name="optionsType">The schema's number for the kind of options, which Lathe itself does not read.</param>
    public TestModel Node(BuiltinOperator op, string inputs, string outputs, FlatNode? options = null, string custom = "", byte[]? customOptions = null, byte optionsType = 0, int version = 1)
    {
        int code = _known.IndexOf((op, custom));
        if (code < 0)
        {
            code = _known.Count;
            _known.Add((op, custom));
            _codes.Add(new FlatNode { { 0, (byte)Math.Min((int)op, 127) }, { 1, custom.Length > 0 ? custom : null }, { 2, version }, { 3, (int)op } });
        }
        foreach (string name in Split(outputs))
            if (!_names.Contains(name))
                Value(name);
        _operators.Add(new FlatNode { { 0, (uint)code }, { 1, Indices(inputs) }, { 2, Indices(outputs) }, { 3, optionsType }, { 4, options }, { 5, customOptions } });
        return this;
    }

    /// <summary>Lists a tensor among the inputs, whatever it is.</summary>
    public TestModel AsInput(string name)
    {
        _inputs.Add(_names.IndexOf(name));
        return this;
    }

    /// <summary>A block of metadata in a buffer of its own.</summary>
    public TestModel Metadata(string name, byte[] content)
    {
        _buffers.Add(new FlatNode { { 0, content } });
        Root.Add(6, new FlatNode[] { new() { { 0, name }, { 1, (uint)(_buffers.Count - 1) } } });
        return this;
    }

    public TestModel Output(string name)
    {
        _outputs.Add(_names.IndexOf(name));
        return this;
    }

    /// <summary>Another graph of the same file; the first one is number 1.</summary>
    public TestModel Another(Func<TestModel, TestModel> build)
    {
        MoreGraphs.Add(build(new() { _buffers = _buffers, _codes = _codes, _known = _known }).Graph);
        return this;
    }

    public FlatNode Graph => new() { { 0, _tensors.ToArray() }, { 1, _inputs.ToArray() }, { 2, _outputs.ToArray() }, { 3, _operators.ToArray() }, { 4, "main" } };

    public byte[] Bytes
    {
        get
        {
            Root.Add(0, 3u);
            Root.Add(1, _codes.ToArray());
            Root.Add(2, new[] { Graph }.Concat(MoreGraphs).ToArray());
            Root.Add(3, "a test");
            Root.Add(4, _buffers.ToArray());
            return Root.ToFile("TFL3");
        }
    }

    public Graph Import(ImportOptions? options = null)
    {
        var graph = TFLiteImporter.Import(Bytes, options);
        GraphVerifier.Verify(graph);
        return graph;
    }

    /// <summary>The first output for inputs in their order.</summary>
    public Tensor Run(params Tensor[] inputs)
    {
        var graph = Import();
        var named = graph.Inputs.Zip(inputs).ToDictionary(p => ((Input)p.First.Op).InputName, p => p.Second);
        return new GraphEvaluator(boundsChecked: true).Run(graph, named)[graph.Outputs[0].Name];
    }

    private int AddTensor(string name, LiteType type, int[] shape, int buffer, FlatNode? quantization, int[]? signature)
    {
        _names.Add(name);
        _tensors.Add(new FlatNode { { 0, shape }, { 1, (byte)type }, { 2, (uint)buffer }, { 3, name }, { 4, quantization }, { 7, signature } });
        return _names.Count - 1;
    }

    private static FlatNode? Quantization(float[] scales, long[] zeroPoints, int axis) =>
        scales is [] or [0] ? null : new FlatNode { { 2, scales }, { 3, zeroPoints.Length > 0 ? zeroPoints : new long[scales.Length] }, { 6, axis } };

    private int[] Indices(string names) => [.. Split(names).Select(n => n == "-" ? -1 : _names.IndexOf(n))];

    private static string[] Split(string names) => names.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
