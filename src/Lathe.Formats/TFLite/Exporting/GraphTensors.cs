using Lathe.Formats.TFLite.Exporting.Ops;
using Lathe.Formats.TFLite.Reading;
using Lathe.Formats.TFLite.Writing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting;

/// <summary>The model's tensors for a graph's values, each under a name that occurs once.</summary>
internal sealed class GraphTensors(ModelDraft draft, TFLiteExportOptions options, IReadOnlyDictionary<Value, LiteQuantization> scalings)
{
    /// <summary>Constants up to this many elements stay f32 where weights are stored as halves: they save nothing.</summary>
    private const int SmallConstant = 16;

    private readonly Dictionary<Value, int> _tensors = [];
    private readonly Dictionary<(Constant, LiteQuantization?), int> _constants = [];
    private readonly Dictionary<(Constant, LiteQuantization), int> _dequantized = [];
    private readonly HashSet<string> _taken = [];

    public ModelDraft Draft => draft;

    public TFLiteExportOptions Options => options;

    /// <summary>The tensor of a value, which is added when it is first asked for.</summary>
    public int Of(Value value)
    {
        if (_tensors.TryGetValue(value, out int known))
            return known;
        string stem = value.Node.Name.Length > 0 ? value.Node.Name : value.Op.Name;
        int tensor = value.Constant is { } constant ? Constant(stem, constant)
            : StoredIntegers(value) is var (integers, by) ? Dequantized(stem, integers, by)
            : Add(Fresh(value.Index == 0 ? stem : $"{stem}:{value.Index}"), value);
        _tensors.Add(value, tensor);
        return tensor;
    }

    /// <summary>Gives a value a tensor of a name; false where it has one already.</summary>
    public bool TryName(string name, Value value)
    {
        if (_tensors.ContainsKey(value))
            return false;
        _taken.Add(name);
        _tensors.Add(value, Add(name, value));
        return true;
    }

    public int Temporary(string stem, TensorType type) => draft.Add(new(Fresh(stem), TypeOf(type), Extents(type.Shape)));

    /// <summary>A second tensor for a value, under a name that it must have.</summary>
    public int Copy(string name, Value value)
    {
        _taken.Add(name);
        return Add(name, value);
    }

    /// <summary>The tensor of a constant; equal constants share one. Large floats are stored as halves where that is asked for, and widened by an operator.</summary>
    public int Constant(string stem, Tensor tensor, LiteQuantization? by = null)
    {
        var key = (new Constant(tensor), by);
        if (_constants.TryGetValue(key, out int known))
            return known;
        int index;
        if (options.HalfWeights && tensor.Type == DType.Float32 && tensor.Count > SmallConstant && Halved(tensor) is { } half)
        {
            int stored = Stored($"{stem}/half", half, null);
            index = Widened(stem, stored, tensor.Shape);
        }
        else
            index = Stored(stem, tensor, by);
        _constants.Add(key, index);
        return index;
    }

    /// <summary>The integers that a value dequantizes, and what they stand for; such a value is written where it is used, so that who wants other axes can have them.</summary>
    public static (Tensor Integers, LiteQuantization By)? StoredIntegers(Value value) =>
        value.Op is WholeOperator { Operator: { Operator: nameof(BuiltinOperator.DEQUANTIZE) } op } && value.Node.Inputs[0].Constant is { } integers && LiteQuantization.Of(op.Operands[0]) is { } by
            ? (integers, by)
            : null;

    /// <summary>The reals that stored integers stand for.</summary>
    public int Dequantized(string stem, Tensor integers, LiteQuantization by)
    {
        var key = (new Constant(integers), by);
        if (!_dequantized.TryGetValue(key, out int index))
            _dequantized.Add(key, index = Widened(stem, Constant($"{stem}/integers", integers, by), integers.Shape));
        return index;
    }

    private int Widened(string stem, int stored, Shape shape)
    {
        int index = Temporary(stem, new(DType.Float32, shape));
        draft.AddOperator(BuiltinOperator.DEQUANTIZE, [stored], [index], OptionsKind.Dequantize, null);
        return index;
    }

    private int Stored(string stem, Tensor tensor, LiteQuantization? by) =>
        draft.Add(new(Fresh(stem), TypeOf(new(tensor.Type, tensor.Shape)), Extents(tensor.Shape), draft.Buffer(tensor.Bytes), by));

    private int Add(string name, Value value) => draft.Add(new(name, TypeOf(value.Type), Extents(value.Shape), Quantization: scalings.GetValueOrDefault(value)));

    /// <summary>The nearest halves, or null where one would be infinite.</summary>
    private static Tensor? Halved(Tensor tensor)
    {
        var half = tensor.Cast(DType.Float16);
        var narrow = half.Span<Half>();
        var wide = tensor.Span<float>();
        for (int i = 0; i < narrow.Length; i++)
            if (Half.IsInfinity(narrow[i]) && !float.IsInfinity(wide[i]))
                return null;
        return half;
    }

    private string Fresh(string stem)
    {
        string name = stem;
        for (int i = 2; !_taken.Add(name); i++)
            name = $"{stem}_{i}";
        return name;
    }

    private static LiteType TypeOf(TensorType type) => DraftTensor.TypeOf(type.Element) ?? throw new InternalException("LATHE3602", $"{type} has no TFLite type");

    private static EquatableArray<int> Extents(Shape shape) => [.. shape.Select(d => checked((int)d.Value))];
}
