using Lathe.Formats.TFLite.Reading;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Writing;

/// <summary>
/// A model as it grows: the tensors and operators of its main graph, or of another one that operators of the main graph call, the buffers behind them, which all graphs share, and the signature of
/// the main graph.
/// </summary>
internal sealed class ModelDraft
{
    private const uint SchemaVersion = 3;

    private const string Signature = "serving_default";

    private readonly string _name;
    private readonly List<DraftTensor> _tensors = [];
    private readonly List<FlatNode> _operators = [];
    private readonly List<(string Name, int Tensor)> _inputs = [], _outputs = [];

    // One for all graphs of a model.
    private readonly List<ModelDraft> _graphs = [];
    private readonly List<FlatNode> _buffers = [[]], _codes = [];
    private readonly Dictionary<(BuiltinOperator, int), uint> _codeNumbers = [];
    private readonly Dictionary<Constant, int> _bufferNumbers = [];

    public ModelDraft(string name)
    {
        _name = name;
        _graphs.Add(this);
    }

    private ModelDraft(string name, ModelDraft model)
    {
        (_name, _graphs, _buffers, _codes, _codeNumbers, _bufferNumbers) = (name, model._graphs, model._buffers, model._codes, model._codeNumbers, model._bufferNumbers);
        _graphs.Add(this);
    }

    /// <summary>The graph's number in the model, by which operators call it.</summary>
    public int Number => _graphs.IndexOf(this);

    /// <summary>Another graph of the model.</summary>
    public ModelDraft Another(string name) => new(name, this);

    public DraftTensor this[int tensor] => _tensors[tensor];

    /// <summary>Adds a tensor and gives its number.</summary>
    public int Add(DraftTensor tensor)
    {
        _tensors.Add(tensor);
        return _tensors.Count - 1;
    }

    /// <summary>The number of the buffer with these bytes; the same bytes are kept once.</summary>
    public int Buffer(ReadOnlyMemory<byte> bytes)
    {
        var key = new Constant(new Tensor(DType.UInt8, Shape.Of(bytes.Length), System.Runtime.InteropServices.MemoryMarshal.AsMemory(bytes)));
        if (_bufferNumbers.TryGetValue(key, out int known))
            return known;
        _buffers.Add(new() { { 0, bytes } });
        _bufferNumbers.Add(key, _buffers.Count - 1);
        return _buffers.Count - 1;
    }

    public void AddInput(string name, int tensor) => _inputs.Add((name, tensor));

    public void AddOutput(string name, int tensor) => _outputs.Add((name, tensor));

    /// <summary>Adds an operator; a tensor of -1 is an operand that is left out.</summary>
    public void AddOperator(BuiltinOperator op, int[] inputs, int[] outputs, OptionsKind kind, FlatNode? options)
    {
        int version = OperatorVersions.Of(op, [.. inputs.Select(i => i < 0 ? null : _tensors[i])], [.. outputs.Select(o => _tensors[o])], options ?? []);
        _operators.Add(new()
        {
            { 0, Code(op, version) }, { 1, inputs }, { 2, outputs },
            { 3, kind == OptionsKind.None ? null : (byte)kind }, { 4, kind == OptionsKind.None ? null : options ?? [] },
        });
    }

    public byte[] ToFile() => new FlatNode
    {
        { 0, SchemaVersion },
        { 1, _codes.ToArray() },
        { 2, _graphs.Select(g => g.Graph()).ToArray() },
        { 3, "written by lathe" },
        { 4, _buffers.ToArray() },
        { 7, new FlatNode[] { new() { { 0, Names(_inputs) }, { 1, Names(_outputs) }, { 2, Signature }, { 4, 0u } } } },
    }.ToFile(LiteModel.Identifier);

    private FlatNode Graph() => new()
    {
        { 0, _tensors.Select(t => t.ToNode()).ToArray() },
        { 1, _inputs.Select(i => i.Tensor).ToArray() },
        { 2, _outputs.Select(o => o.Tensor).ToArray() },
        { 3, _operators.ToArray() },
        { 4, _name },
    };

    private static FlatNode[] Names(IEnumerable<(string Name, int Tensor)> values) => [.. values.Select(v => new FlatNode { { 0, v.Name }, { 1, (uint)v.Tensor } })];

    /// <summary>Codes over 127 have a field of their own, which newer readers take for all.</summary>
    private uint Code(BuiltinOperator op, int version)
    {
        if (_codeNumbers.TryGetValue((op, version), out uint known))
            return known;
        _codes.Add(new() { { 0, (byte)Math.Min((int)op, (int)BuiltinOperator.PLACEHOLDER_FOR_GREATER_OP_CODES) }, { 2, version }, { 3, (int)op } });
        return _codeNumbers[(op, version)] = (uint)_codes.Count - 1;
    }
}
