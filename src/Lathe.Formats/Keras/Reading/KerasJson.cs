using System.Text;
using System.Text.Json;

namespace Lathe.Formats.Keras.Reading;

/// <summary>Reads the JSON that Python writes, which may hold NaN and Infinity.</summary>
internal static class KerasJson
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 512 };

    private static readonly string[] Words = ["-Infinity", "Infinity", "NaN"];

    public static JsonElement Parse(string text, string file)
    {
        try
        {
            var root = ParsePlain(text);
            if (text.Contains("\\ud", StringComparison.OrdinalIgnoreCase))
                ReadTexts(root);
            return root;
        }
        // Halves of surrogate pairs are well-formed JSON and no text.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ModelException("LATHE3409", $"the configuration in '{file}' is not JSON: {e.Message}", inner: e);
        }
    }

    private static JsonElement ParsePlain(string text)
    {
        try
        {
            return JsonDocument.Parse(text, Options).RootElement;
        }
        catch (JsonException) when (Words.Any(w => text.Contains(w, StringComparison.Ordinal)))
        {
            return JsonDocument.Parse(WithoutWords(text), Options).RootElement;
        }
    }

    private static void ReadTexts(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                _ = json.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var element in json.EnumerateArray())
                    ReadTexts(element);
                break;
            case JsonValueKind.Object:
                foreach (var property in json.EnumerateObject())
                {
                    _ = property.Name;
                    ReadTexts(property.Value);
                }
                break;
        }
    }

    /// <summary>The words outside of texts become the largest numbers, or null.</summary>
    private static string WithoutWords(string text)
    {
        var result = new StringBuilder(text.Length);
        bool quoted = false;
        for (int at = 0; at < text.Length; at++)
        {
            char c = text[at];
            if (quoted && c == '\\' && at + 1 < text.Length)
            {
                result.Append(c).Append(text[++at]);
                continue;
            }
            quoted ^= c == '"';
            string? word = quoted ? null : Array.Find(Words, w => string.CompareOrdinal(text, at, w, 0, w.Length) == 0);
            result.Append(word switch { null => c.ToString(), "NaN" => "null", "Infinity" => "1e308", _ => "-1e308" });
            at += (word?.Length ?? 1) - 1;
        }
        return result.ToString();
    }
}
