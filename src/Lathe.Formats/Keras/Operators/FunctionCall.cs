using System.Text.Json;
using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Importing;
using Lathe.Formats.Keras.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Operators;

/// <summary>
/// A layer that is a function of tensors, as users' code calls them between layers: its operands by place or name, each a tensor of the model or a value
/// that the configuration holds, and its options among the arguments by name or the layer's settings.
/// </summary>
internal sealed class FunctionCall(LayerContext layer)
{
    private const int MaxElements = 1 << 22;

    /// <summary>Operands that a TensorFlow node's layer has as constants, by their places; its other operands are the layer's inputs in order.</summary>
    private readonly Settings _constants = new(layer.Settings.Find("constants") ?? default);

    public LayerContext Layer => layer;

    public GraphBuilder Builder => layer.Builder;

    /// <summary>The first tensor.</summary>
    public Value X => At(0, "x");

    public bool IsNode => layer.ClassName == "TensorFlowOpLayer";

    public Value Add(Op op, params ReadOnlySpan<Value> operands) => layer.Add(op, operands);

    /// <summary>An operand that must be there; a value of the configuration gets the element type of the tensor that it meets.</summary>
    public Value At(int place, string name, Value? like = null)
    {
        if (TryTensor(place, name) is { } tensor)
            return tensor.Element.IsHalf ? Add(new Cast(DType.Float32), tensor) : tensor;
        if (Json(place, name) is not { } json)
            throw new ModelException("LATHE3442", $"its operand '{name}' is missing");
        return Constant(json, (like ?? FirstTensor())?.Element ?? DType.Float32);
    }

    /// <summary>Two operands, in one element type.</summary>
    public (Value A, Value B) Pair(string first = "x", string second = "y")
    {
        var (a, b) = (At(0, first), At(1, second));
        return a.Element == b.Element ? (a, b) : a.Element > b.Element ? (a, Add(new Cast(a.Element), b)) : (Add(new Cast(b.Element), a), b);
    }

    /// <summary>All tensors of the first argument, which is a list of them.</summary>
    public Value[] List() => IsNode ? [.. layer.Inputs.Select(i => i.Value)] : layer.Arguments.Positional.Count > 0
        ? [.. CallArguments.References(layer.Arguments.Positional[0]).Select(r => layer.Resolve(r).Value)]
        : throw new ModelException("LATHE3442", "its operands are missing");

    public bool Has(int place, string name) => TryTensor(place, name) is not null || Json(place, name) is not null;

    public string Text(int place, string name, string otherwise) => Json(place, name) switch
    {
        null => otherwise,
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        // A type may be written with its settings.
        { ValueKind: JsonValueKind.Object } wrapped when wrapped.TryGetProperty("config", out var config) && config.ValueKind == JsonValueKind.String => config.GetString()!,
        _ => throw Wrong(name, "a text"),
    };

    public bool Flag(int place, string name, bool otherwise = false) => Json(place, name) switch
    {
        null => otherwise,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.Object } attribute when attribute.TryGetProperty("b", out var flag) => flag.ValueKind == JsonValueKind.True,
        _ => throw Wrong(name, "true or false"),
    };

    public double Number(int place, string name, double otherwise) => Json(place, name) switch
    {
        null => otherwise,
        { ValueKind: JsonValueKind.Number } number => number.GetDouble(),
        _ => throw Wrong(name, "a number"),
    };

    public long Int(int place, string name, long otherwise) => TryInts(place, name) switch
    {
        null => otherwise,
        [var only] => only,
        _ => throw Wrong(name, "an integer"),
    };

    /// <summary>Integers that are known now: a number, a list, or a tensor that follows from constants.</summary>
    public long[]? TryInts(int place, string name)
    {
        if (TryTensor(place, name) is { } tensor)
            return (layer.Fold(tensor) ?? throw layer.Unsupported($"its {name} depends on data that only a run gives")).ToInt64Array();
        if (Json(place, name) is not { } json)
            return null;
        if (json.ValueKind == JsonValueKind.Array)
        {
            // Lists may hold tensors, such as an extent of another tensor.
            return [.. json.EnumerateArray().SelectMany(e => CallArguments.TryTensor(e) is { } reference
                ? (layer.Fold(layer.Resolve(reference).Value) ?? throw layer.Unsupported($"its {name} depends on data that only a run gives")).ToInt64Array()
                : Constant(e, DType.Int64).Constant!.ToInt64Array())];
        }
        return Constant(json, DType.Int64).Constant!.ToInt64Array();
    }

    /// <summary>The axes of a reduction: those given, or all.</summary>
    public EquatableArray<int> Axes(Value x, string name = "axis") =>
        TryInts(1, name) is { } given ? [.. given.Select(a => x.Shape.Axis(a)).Distinct().Order()] : [.. Enumerable.Range(0, x.Type.Rank)];

    public DType Element(string name, DType otherwise) => Text(1, name, "") is { Length: > 0 } text ? ElementTypes.Read(text) : otherwise;

    public JsonElement? Json(int place, string name)
    {
        if (IsNode)
        {
            if (_constants.Find($"{place}") is { } constant)
                return constant;
            return layer.Settings.Find("node_def") is { ValueKind: JsonValueKind.Object } node && node.TryGetProperty("attr", out var attributes)
                && attributes.ValueKind == JsonValueKind.Object && attributes.TryGetProperty(name, out var attribute) ? attribute : null;
        }
        var json = layer.Argument(place, name) is { } argument && CallArguments.TryTensor(argument) is null ? argument : layer.Settings.Find(name);
        return json is { } value && CallArguments.TryConstant(value) is { } wrapped ? wrapped : json;
    }

    public ModelException Wrong(string name, string expected) => new("LATHE3443", $"its {name} should be {expected}");

    private Value? FirstTensor() => layer.Inputs.Count > 0 ? layer.Inputs[0].Value : layer.Arguments.AllTensors.Select(t => layer.Resolve(t).Value).FirstOrDefault();

    private Value? TryTensor(int place, string name)
    {
        if (!IsNode)
            return layer.Argument(place, name) is { } argument && CallArguments.TryTensor(argument) is { } reference ? layer.Resolve(reference).Value : AsOnlyTensor(place);
        if (_constants.Find($"{place}") is not null)
            return null;
        int before = Enumerable.Range(0, place).Count(i => _constants.Find($"{i}") is null);
        return before < layer.Inputs.Count ? layer.Inputs[before].Value : null;
    }

    /// <summary>The first argument may be a list of the tensor alone.</summary>
    private Value? AsOnlyTensor(int place) => place == 0 && layer.Arguments.Positional.Count > 0 && layer.Arguments.Positional[0].ValueKind == JsonValueKind.Array
        && CallArguments.TryConstant(layer.Arguments.Positional[0]) is null
        && CallArguments.References(layer.Arguments.Positional[0]).ToArray() is [var only] ? layer.Resolve(only).Value : null;

    /// <summary>A value of the configuration as a tensor: a number, or lists of numbers that are as long as each other.</summary>
    private Value Constant(JsonElement json, DType type)
    {
        var extents = new List<long>();
        for (var at = json; at.ValueKind == JsonValueKind.Array && extents.Count < 8; at = at[0])
        {
            extents.Add(at.GetArrayLength());
            if (at.GetArrayLength() == 0)
                break;
        }
        var numbers = new List<double>();
        Collect(json, 0);
        var shape = Shape.Of(extents);
        if (numbers.Count != shape.ElementCount)
            throw new ModelException("LATHE3444", "the configuration holds lists of different lengths where an array belongs");
        bool isReal = !type.IsFloat && numbers.Any(n => n != Math.Floor(n));
        return Builder.Constant(Tensor.Of<double>(shape, [.. numbers]).Cast(isReal ? DType.Float32 : type));

        void Collect(JsonElement value, int depth)
        {
            if (numbers.Count > MaxElements || depth > 8)
                throw new ModelException("LATHE3444", "the configuration holds too large an array");
            switch (value.ValueKind)
            {
                case JsonValueKind.Number:
                    numbers.Add(value.GetDouble());
                    break;
                case JsonValueKind.True or JsonValueKind.False:
                    numbers.Add(value.ValueKind == JsonValueKind.True ? 1 : 0);
                    break;
                case JsonValueKind.Array:
                    foreach (var element in value.EnumerateArray())
                        Collect(element, depth + 1);
                    break;
                default:
                    throw layer.Unsupported($"the value {(value.GetRawText() is { Length: <= 60 } raw ? raw : value.ValueKind.ToString())} is not supported as a tensor");
            }
        }
    }
}
