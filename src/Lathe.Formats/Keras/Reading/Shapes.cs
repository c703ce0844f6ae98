using System.Text.Json;

namespace Lathe.Formats.Keras.Reading;

/// <summary>Shapes as configurations write them: lists with null for what is open, sometimes wrapped with the type's name.</summary>
internal static class Shapes
{
    private const int MaxRank = 16;

    /// <summary>The extents, -1 where they are open; null where the JSON is no shape.</summary>
    public static long[]? TryRead(JsonElement? json)
    {
        if (json is { ValueKind: JsonValueKind.Object } wrapped)
            return wrapped.TryGetProperty("items", out var items) ? TryRead(items) : null;
        if (json is not { ValueKind: JsonValueKind.Array } list || list.GetArrayLength() > MaxRank)
            return null;
        var extents = new List<long>();
        foreach (var extent in list.EnumerateArray())
        {
            if (extent.ValueKind == JsonValueKind.Null)
                extents.Add(-1);
            else if (extent.ValueKind == JsonValueKind.Number && extent.TryGetInt64(out long number) && number is >= -1 and <= int.MaxValue)
                extents.Add(number);
            else
                return null;
        }
        return [.. extents];
    }
}
