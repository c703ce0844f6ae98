using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Importing;

/// <summary>A call of a layer as the function that imports it sees it.</summary>
/// <param name="tensorOf">The tensor that an argument of the call names.</param>
internal sealed class LayerContext(
    ModelImporter importer, LayerConfig layer, LayerWeights weights, IReadOnlyList<KerasValue> inputs, CallArguments arguments, Func<TensorReference, KerasValue> tensorOf, string path)
{
    public GraphBuilder Builder => importer.Builder;

    public LayerConfig Layer => layer;

    public string ClassName => layer.ClassName;

    public Settings Settings => layer.Settings;

    public LayerWeights Weights => weights;

    public IReadOnlyList<KerasValue> Inputs => inputs;

    public CallArguments Arguments => arguments;

    /// <summary>The version and the backend of Keras that wrote the file.</summary>
    public KerasFile File => importer.File;

    public bool HasWeight(string role) => weights.Find(role) is not null;

    /// <summary>An input of the layer. Half-width floats are widened, as all arithmetic is in single or double precision.</summary>
    public Value In(int input = 0)
    {
        var value = Raw(input);
        return value.Element.IsHalf ? Add(new Cast(DType.Float32), value) : value;
    }

    /// <summary>An input of the layer that takes part in arithmetic: integers become floats.</summary>
    public Value Real(int input = 0)
    {
        var value = In(input);
        return value.Element.IsFloat ? value : Add(new Cast(DType.Float32), value);
    }

    public Value Raw(int input = 0) => input < inputs.Count
        ? inputs[input].Value
        : throw new ModelException("LATHE3421", $"it takes {input + 1} inputs and is called with {inputs.Count}");

    public Value? Mask(int input = 0) => input < inputs.Count ? inputs[input].Mask : null;

    /// <summary>A weight that must be there, in the element type of the layer's arithmetic.</summary>
    public Value Weight(string role) => TryWeight(role) ?? throw new ModelException(
        "LATHE3422", $"its weight '{role}' is missing", File.Weights is null ? "no file of weights was found: put it beside the configuration, under the same name or as weights.h5" : null);

    public Value? TryWeight(string role)
    {
        if (weights.Find(role) is not { } tensor)
            return null;
        string caller = Builder.Origin;
        Builder.Origin = $"{caller}/{role}";
        bool isDouble = inputs.Count > 0 && inputs[0].Value.Element == DType.Float64;
        var value = Builder.Constant(tensor.Type.IsFloat ? tensor.Cast(isDouble ? DType.Float64 : DType.Float32) : tensor);
        Builder.Origin = caller;
        return value;
    }

    public Value Add(Op op, params ReadOnlySpan<Value> operands) => Builder.Add(op, operands);

    /// <summary>A tensor that the call gives by name, or null where it gives none.</summary>
    public KerasValue? TensorNamed(string name) => arguments.Named.TryGetValue(name, out var json) && CallArguments.TryTensor(json) is { } tensor ? tensorOf(tensor) : null;

    public IEnumerable<KerasValue> TensorsNamed(string name) =>
        arguments.Named.TryGetValue(name, out var json) ? CallArguments.References(json).Select(tensorOf) : [];

    /// <summary>The argument at a place, or of a name, as JSON; null where it is missing or None.</summary>
    public JsonElement? Argument(int place, string name)
    {
        var json = place < arguments.Positional.Count ? arguments.Positional[place] : arguments.Named.TryGetValue(name, out var named) ? named : default;
        return json.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? null : json;
    }

    public KerasValue Resolve(TensorReference tensor) => tensorOf(tensor);

    /// <summary>The arguments by name as settings, for layers that are functions.</summary>
    public Settings NamedArguments() => new(JsonSerializer.SerializeToElement(arguments.Named));

    /// <summary>The value's tensor, where it follows from constants alone.</summary>
    public Tensor? Fold(Value value) => importer.Folder.TryFold(value);

    /// <summary>Imports a layer inside this one.</summary>
    public IReadOnlyList<KerasValue> Call(LayerConfig inner, LayerWeights innerWeights, params IReadOnlyList<KerasValue> operands) =>
        importer.ImportInner(inner, innerWeights, operands, path);

    /// <summary>The error for what Lathe cannot do yet; the importer adds the layer's name and class.</summary>
    public UnsupportedException Unsupported(string reason) => new("LATHE3423", reason);

    [DoesNotReturn]
    public void Fail(string message) => throw new ModelException("LATHE3424", message);
}
