using System.Text.Json;

namespace Lathe.Formats.Keras.Reading;

/// <summary>A tensor of a functional model: an output of a call of a layer.</summary>
internal sealed record TensorReference(string Layer, int Call, int Output)
{
    /// <summary>The tensors of a list, of one tensor alone, or of a structure of lists and objects, in order.</summary>
    public static TensorReference[] ReadList(JsonElement? json, int depth = 0)
    {
        if (json is not { } value || depth > 8)
            return [];
        if (TryRead(value) is { } single)
            return [single];
        return value.ValueKind switch
        {
            JsonValueKind.Array => [.. value.EnumerateArray().SelectMany(e => ReadList(e, depth + 1))],
            JsonValueKind.Object => [.. value.EnumerateObject().SelectMany(p => ReadList(p.Value, depth + 1))],
            _ => throw new ModelException("LATHE3408", $"{value.GetRawText()} is no tensor of the model"),
        };
    }

    /// <summary>["layer", call, output], and what may follow; null where the JSON is something else.</summary>
    public static TensorReference? TryRead(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() < 3)
            return null;
        return json[0].ValueKind == JsonValueKind.String
            && json[1].ValueKind == JsonValueKind.Number && json[1].TryGetInt32(out int call)
            && json[2].ValueKind == JsonValueKind.Number && json[2].TryGetInt32(out int output)
            ? new(json[0].GetString()!, call, output)
            : null;
    }
}
