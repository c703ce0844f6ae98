using System.Text.Json;

namespace Lathe.Formats.Keras.Reading;

/// <summary>What a layer is called with: arguments by place and by name, tensors of the model or values that the configuration holds.</summary>
internal sealed record CallArguments(IReadOnlyList<JsonElement> Positional, IReadOnlyDictionary<string, JsonElement> Named)
{
    private const int MaxDepth = 12;

    /// <summary>How Keras 2 writes a value in a tensor's place: ["_CONSTANT_VALUE", -1, value, {...}].</summary>
    private const string ConstantMark = "_CONSTANT_VALUE";

    public static CallArguments None { get; } = new([], new Dictionary<string, JsonElement>());

    /// <summary>The tensors among the arguments by place, in order.</summary>
    public IEnumerable<TensorReference> Tensors => Positional.SelectMany(p => References(p));

    public IEnumerable<TensorReference> AllTensors => Tensors.Concat(Named.Values.SelectMany(v => References(v)));

    public static CallArguments Read(JsonElement call)
    {
        // Keras 3: {"args": [...], "kwargs": {...}}.
        if (call.ValueKind == JsonValueKind.Object && call.TryGetProperty("args", out var args) && args.ValueKind == JsonValueKind.Array)
            return new([.. args.EnumerateArray()], call.TryGetProperty("kwargs", out var kwargs) ? Properties(kwargs) : new Dictionary<string, JsonElement>());
        // Keras 1 and 2: one argument, a tensor or a structure of tensors; each tensor carries the arguments by name.
        if (TryConstant(call) is { } constant)
            return new([constant], KeywordsOf(call));
        return new([call], FirstKeywords(call, 0));
    }

    /// <summary>The value of an argument that stands in a tensor's place, or null.</summary>
    public static JsonElement? TryConstant(JsonElement json) =>
        json.ValueKind == JsonValueKind.Array && json.GetArrayLength() >= 3 && json[0].ValueKind == JsonValueKind.String && json[0].GetString() == ConstantMark ? json[2] : null;

    /// <summary>All tensors of an argument, in order.</summary>
    public static IEnumerable<TensorReference> References(JsonElement json, int depth = 0)
    {
        if (depth > MaxDepth || TryConstant(json) is not null)
            return [];
        if (TryTensor(json) is { } tensor)
            return [tensor];
        return json.ValueKind switch
        {
            JsonValueKind.Array => json.EnumerateArray().SelectMany(e => References(e, depth + 1)),
            JsonValueKind.Object => json.EnumerateObject().SelectMany(p => References(p.Value, depth + 1)),
            _ => [],
        };
    }

    /// <summary>The argument as one tensor, or null.</summary>
    public static TensorReference? TryTensor(JsonElement json)
    {
        if (TensorReference.TryRead(json) is { } legacy)
            return legacy.Layer == ConstantMark ? null : legacy;
        return json.ValueKind == JsonValueKind.Object
            && json.TryGetProperty("class_name", out var name) && name.ValueKind == JsonValueKind.String && name.GetString() == "__keras_tensor__"
            && json.TryGetProperty("config", out var config) && config.ValueKind == JsonValueKind.Object && config.TryGetProperty("keras_history", out var history)
            ? TensorReference.TryRead(history)
            : null;
    }

    private static Dictionary<string, JsonElement> FirstKeywords(JsonElement json, int depth)
    {
        if (depth > MaxDepth || TryTensor(json) is not null || TryConstant(json) is not null)
            return KeywordsOf(json);
        IEnumerable<JsonElement> parts = json.ValueKind switch
        {
            JsonValueKind.Array => json.EnumerateArray(),
            JsonValueKind.Object => json.EnumerateObject().Select(p => p.Value),
            _ => [],
        };
        return parts.Select(p => FirstKeywords(p, depth + 1)).FirstOrDefault(k => k.Count > 0) ?? [];
    }

    private static Dictionary<string, JsonElement> KeywordsOf(JsonElement tensor) =>
        tensor.ValueKind == JsonValueKind.Array && tensor.GetArrayLength() >= 4 ? Properties(tensor[3]) : [];

    private static Dictionary<string, JsonElement> Properties(JsonElement json)
    {
        var result = new Dictionary<string, JsonElement>();
        if (json.ValueKind == JsonValueKind.Object)
            foreach (var property in json.EnumerateObject())
                result[property.Name] = property.Value;
        return result;
    }
}
