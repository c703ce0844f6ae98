using System.Text.Json;

namespace Lathe.Formats.Keras.Reading;

/// <summary>A layer as a model's configuration describes it.</summary>
/// <param name="ClassName">The class, by today's name.</param>
/// <param name="Name">The layer's own name.</param>
/// <param name="Model">The layers inside, where the layer is a model itself.</param>
/// <param name="Inner">The layers that a wrapper wraps, or a recurrent layer's cells, by the names of their settings.</param>
/// <param name="Calls">Each use of the layer in a functional model, in order.</param>
/// <param name="Module">The package of the class, where the file says it: Keras 3's functions are classes beside the layers of the same names.</param>
/// <param name="BuildShape">The shape of the input that the layer was built for, with -1 for open extents, where the file says it.</param>
internal sealed record LayerConfig(
    string ClassName, string Name, Settings Settings, ModelConfig? Model, IReadOnlyDictionary<string, LayerConfig[]> Inner, IReadOnlyList<JsonElement> Calls, string Module, long[]? BuildShape)
{
    /// <summary>The deepest nesting of models and wrappers that is read.</summary>
    public const int MaxDepth = 24;

    private static readonly string[] InnerSettings = ["layer", "backward_layer", "cell", "cells"];

    /// <summary>Whether the layer goes through time the other way than its settings say: the backward half of a Bidirectional.</summary>
    public bool FlipsDirection { get; init; }

    /// <summary>Whether the outputs of steps come in the reverse of the order in which they were computed.</summary>
    public bool TurnsOutput { get; init; }

    /// <summary>Whether it is one of Keras 3's functions, which are classes in packages of their own.</summary>
    public bool IsFunction => Module.StartsWith("keras.src.ops", StringComparison.Ordinal) || Module.StartsWith("keras.ops", StringComparison.Ordinal);

    public bool IsTrainable => Settings.Flag("trainable", true);

    public static LayerConfig Read(JsonElement json, int depth = 0)
    {
        if (depth > MaxDepth)
            throw new ModelException("LATHE3404", $"layers are nested deeper than {MaxDepth}");
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("class_name", out var classJson) || classJson.ValueKind != JsonValueKind.String
            || !json.TryGetProperty("config", out var config))
            throw new ModelException("LATHE3405", "a layer of the model's configuration lacks its class_name or config");
        // Classes of users may be written as "package>Class".
        string className = FirstKeras.ClassOf(classJson.GetString()!);
        var settings = new Settings(config, FirstKeras.NamesOf(className));
        // A layer that is one TensorFlow node has the node's name inside and its own outside.
        string name = json.TryGetProperty("name", out var own) && own.ValueKind == JsonValueKind.String ? own.GetString()! : settings.Text("name", className);
        bool isModel = ModelConfig.IsModel(className, config);
        var inner = new Dictionary<string, LayerConfig[]>();
        foreach (string setting in isModel ? [] : InnerSettings)
        {
            if (settings.Find(setting) is not { } wrapped)
                continue;
            JsonElement[] all = wrapped.ValueKind == JsonValueKind.Array ? [.. wrapped.EnumerateArray()] : [wrapped];
            if (all.All(w => w.ValueKind == JsonValueKind.Object && w.TryGetProperty("class_name", out _)))
                inner[setting] = [.. all.Select(w => Read(w, depth + 1))];
        }
        JsonElement[] calls = json.TryGetProperty("inbound_nodes", out var nodes) && nodes.ValueKind == JsonValueKind.Array ? [.. nodes.EnumerateArray()] : [];
        long[]? build = json.TryGetProperty("build_config", out var buildConfig) ? Shapes.TryRead(new Settings(buildConfig).Find("input_shape")) : null;
        string module = json.TryGetProperty("module", out var package) && package.ValueKind == JsonValueKind.String ? package.GetString()! : "";
        return new(className, name, settings, isModel ? ModelConfig.Read(className, config, depth + 1) : null, inner, calls, module, build);
    }
}
