using System.Text.Json;
using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Importing;
using Lathe.Formats.Keras.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.Keras.Operators;

/// <summary>Keras's activations by name. Those of one element by itself are ops, which recurrent layers take too; others are several ops.</summary>
internal static class ActivationFunctions
{
    private const double SeluAlpha = 1.6732632423543772848170429916717, SeluScale = 1.0507009873554804934193349852946;

    /// <summary>An activation by its name, with settings where it has some.</summary>
    internal sealed record Chosen(string Name, Settings Settings);

    /// <summary>What a setting says: a name, a name with settings, or nothing.</summary>
    public static Chosen Read(JsonElement? json) => json switch
    {
        null or { ValueKind: JsonValueKind.Null } => new("linear", Settings.Empty),
        { ValueKind: JsonValueKind.String } text => new(Plain(text.GetString()!), Settings.Empty),
        // Keras 3: {"class_name": "function", "config": "relu"}, or a layer with its settings.
        { ValueKind: JsonValueKind.Object } wrapped when wrapped.TryGetProperty("config", out var config) => config.ValueKind == JsonValueKind.String
            ? new(Plain(config.GetString()!), Settings.Empty)
            : new(Plain(new Settings(wrapped).Text("class_name", "?")), new(config)),
        { } other => new(other.GetRawText() is { Length: <= 60 } raw ? raw : "?", Settings.Empty),
    };

    /// <summary>What a setting of the layer says, applied; softmax goes along the last axis.</summary>
    public static Value Apply(LayerContext layer, Value x, string setting = "activation") => Apply(layer, x, Read(layer.Settings.Find(setting)));

    public static Value Apply(LayerContext layer, Value x, Chosen activation)
    {
        if (activation.Name == "linear")
            return x;
        if (TryOp(layer, activation) is { } op)
            return layer.Add(op, x);
        var settings = activation.Settings;
        int axis = x.Shape.Axis(settings.Int("axis", -1));
        return activation.Name switch
        {
            "relu" => Relu(layer, x, settings.Float("negative_slope", 0), settings.Float("threshold", 0), settings.TryFloat("max_value")),
            "softmax" => layer.Add(new Softmax(axis), x),
            "log_softmax" => layer.Add(new LogSoftmax(axis), x),
            "log_sigmoid" => layer.Add(new Neg(), layer.Add(new Softplus(), layer.Add(new Neg(), x))),
            "tanh_shrink" => layer.Add(new Sub(), x, layer.Add(new Tanh(), x)),
            "squareplus" => Squareplus(layer, x, settings.Float("b", 4)),
            "glu" => Gated(layer, x, axis),
            "crelu" => layer.Add(new Relu(), layer.Add(new Concat(axis), x, layer.Add(new Neg(), x))),
            _ => throw layer.Unsupported($"the activation '{activation.Name}' is not supported"),
        };
    }

    /// <summary>The activation as an op of one element, or null where it is none.</summary>
    public static UnaryElementwiseOp? TryOp(LayerContext layer, Chosen activation)
    {
        var settings = activation.Settings;
        return activation.Name switch
        {
            "linear" => new Identity(),
            "relu" => settings.TryFloat("negative_slope") is null or 0 && settings.TryFloat("threshold") is null or 0 && settings.TryFloat("max_value") is null ? new Relu() : null,
            "relu6" => new Clip(0, 6),
            "tanh" => new Tanh(),
            "sigmoid" => new Sigmoid(),
            "hard_sigmoid" => HardSigmoidOf(layer),
            "sparse_sigmoid" => new HardSigmoid(0.5, 0.5),
            "hard_tanh" => new Clip(-1, 1),
            "hard_shrink" => new Shrink(0, settings.Float("threshold", 0.5)),
            "soft_shrink" => new Shrink(settings.Float("threshold", 0.5), settings.Float("threshold", 0.5)),
            "elu" => new Elu(settings.Float("alpha", 1)),
            "celu" => new Celu(settings.Float("alpha", 1)),
            "selu" => new Selu(SeluAlpha, SeluScale),
            "softplus" => new Softplus(),
            "softsign" => new Softsign(),
            "exponential" => new Exp(),
            "swish" => new Swish(),
            "hard_swish" => new HardSwish(),
            "mish" => new Mish(),
            "gelu" => new Gelu(settings.Flag("approximate", false)),
            "leaky_relu" => new LeakyRelu(settings.Float("negative_slope", settings.Float("alpha", 0.2))),
            _ => null,
        };
    }

    /// <summary>Above the threshold x, at most the limit; else slope * (x - threshold).</summary>
    public static Value Relu(LayerContext layer, Value x, double slope, double threshold, double? most)
    {
        switch (slope, threshold, most)
        {
            case (0, 0, null):
                return layer.Add(new Relu(), x);
            case (0, 0, { } limit):
                return layer.Add(new Clip(0, limit), x);
            case (_, 0, null):
                return layer.Add(new LeakyRelu(slope), x);
            case (0, > 0, null):
                return layer.Add(new ThresholdedRelu(threshold), x);
        }
        var bound = layer.Builder.ScalarLike(threshold, x);
        var above = most is { } max ? layer.Add(new Clip(0, max), x) : x;
        var below = layer.Add(new Mul(), layer.Add(new Sub(), x, bound), layer.Builder.ScalarLike(slope, x));
        return layer.Add(new Where(), layer.Add(new Greater(), x, bound), above, below);
    }

    /// <summary>Until Keras 3 it is 0.2 x + 0.5; since, x / 6 + 0.5, as elsewhere.</summary>
    public static HardSigmoid HardSigmoidOf(LayerContext layer) =>
        layer.File.Version.StartsWith("3.", StringComparison.Ordinal) ? new(1.0 / 6, 0.5) : new(0.2, 0.5);

    /// <summary>(x + sqrt(x^2 + b)) / 2.</summary>
    private static Value Squareplus(LayerContext layer, Value x, double b)
    {
        var root = layer.Add(new Sqrt(), layer.Add(new Add(), layer.Builder.Squared(x), layer.Builder.ScalarLike(b, x)));
        return layer.Add(new Mul(), layer.Builder.ScalarLike(0.5, x), layer.Add(new Add(), x, root));
    }

    /// <summary>The first half of the axis times the sigmoid of the second.</summary>
    private static Value Gated(LayerContext layer, Value x, int axis)
    {
        var parts = layer.Builder.Parted(x, axis, [x.Shape[axis].Value / 2, -1]);
        return layer.Add(new Mul(), parts[0], layer.Add(new Sigmoid(), parts[1]));
    }

    /// <summary>One name for each function, without the packages that it may be written with.</summary>
    private static string Plain(string name)
    {
        string last = name[(name.LastIndexOfAny(['.', '>', '|', ':']) + 1)..];
        return last.ToLowerInvariant() switch
        {
            "silu" => "swish",
            "hard_silu" => "hard_swish",
            "leakyrelu" => "leaky_relu",
            "logsoftmax" => "log_softmax",
            "logsigmoid" => "log_sigmoid",
            "exp" => "exponential",
            var plain => plain,
        };
    }
}
