using System.Text.Json;

namespace Lathe.Formats.Keras.Reading;

/// <summary>A model's configuration: its layers in order and, for functional models, which tensors go in and out.</summary>
/// <param name="IsSequential">Whether each layer's output is the next one's input.</param>
/// <param name="Inputs">Of functional models, tensors: a layer, the number of its call, and the number of the call's output.</param>
/// <param name="BuildShape">The shape of a sequential model's input with its batch, -1 where it is open, if the model says it.</param>
internal sealed record ModelConfig(
    string Name, bool IsSequential, IReadOnlyList<LayerConfig> Layers, IReadOnlyList<TensorReference> Inputs, IReadOnlyList<TensorReference> Outputs, long[]? BuildShape)
{
    private const int MaxLayers = 100_000;

    /// <summary>Whether a class is a model: Keras's own, or a user's whose configuration is one.</summary>
    public static bool IsModel(string className, JsonElement config) => className is "Sequential" or "Model" or "Functional"
        || (config.ValueKind == JsonValueKind.Object && config.TryGetProperty("layers", out _) && config.TryGetProperty("output_layers", out _));

    public static ModelConfig Read(string className, JsonElement config, int depth = 0)
    {
        bool isSequential = className == "Sequential" || config.ValueKind == JsonValueKind.Array;
        var settings = new Settings(config);
        // Keras 1 writes a sequential model's layers as its whole configuration.
        var list = config.ValueKind == JsonValueKind.Array ? config : settings.Find("layers") ?? default;
        if (list.ValueKind != JsonValueKind.Array)
        {
            throw new ModelException(
                "LATHE3406", $"the configuration of the model of class {className} has no layers",
                "models that are made by subclassing Model have none; save a functional or sequential model, or a SavedModel");
        }
        if (list.GetArrayLength() > MaxLayers)
            throw new ModelException("LATHE3407", $"the model has {list.GetArrayLength()} layers, and at most {MaxLayers} are read");
        LayerConfig[] layers = [.. list.EnumerateArray().Select(l => LayerConfig.Read(l, depth))];
        return new(
            settings.Text("name", isSequential ? "sequential" : "model"),
            isSequential,
            layers,
            isSequential ? [] : TensorReference.ReadList(settings.Find("input_layers")),
            isSequential ? [] : TensorReference.ReadList(settings.Find("output_layers")),
            Shapes.TryRead(settings.Find("build_input_shape")) ?? Shapes.TryRead(settings.Find("batch_input_shape")));
    }
}
