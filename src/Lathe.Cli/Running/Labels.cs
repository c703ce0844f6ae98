using System.Text.Json;
using Lathe.Tensors;

namespace Lathe.Cli.Running;

/// <summary>
/// The names of a classifier's classes, by index. Files: one name a line, a JSON list, or a JSON object from the index to the name
/// or to a list whose last string is the name.
/// </summary>
internal sealed class Labels
{
    private const int MaxBytes = 64 << 20;

    private readonly Dictionary<long, string> _names;

    private Labels(Dictionary<long, string> names) => _names = names;

    /// <summary>Classes named by their index.</summary>
    public static Labels None { get; } = new([]);

    /// <summary>Names in their order.</summary>
    public static Labels Of(IEnumerable<string> names) => new(names.Select((name, i) => ((long)i, name.Trim())).ToDictionary());

    public int Count => _names.Count;

    public string this[long index] => _names.GetValueOrDefault(index) ?? index.ToString();

    public static Labels Read(string path)
    {
        string text = System.Text.Encoding.UTF8.GetString(InputFile.ReadAllBytes(path, MaxBytes)).TrimStart('\uFEFF');
        try
        {
            var labels = text.TrimStart() is ['[' or '{', ..] ? OfJson(text) : OfLines(text);
            return labels.Count > 0 ? labels : throw new ModelException("LATHE7011", $"'{path}' holds no labels");
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new ModelException("LATHE7011", $"'{path}' holds no labels that can be read: {e.Message}",
                "labels are one a line, a JSON list of names, or a JSON object from index to name", e);
        }
    }

    private static Labels OfLines(string text) => new(text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n')
        .Where(_ => text.Length > 0)
        .Select((line, i) => ((long)i, line.Trim()))
        .ToDictionary());

    private static Labels OfJson(string text)
    {
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        return new(root.ValueKind == JsonValueKind.Array
            ? root.EnumerateArray().Select((e, i) => ((long)i, Name(e))).ToDictionary()
            : root.EnumerateObject().Select(p => (long.Parse(p.Name), Name(p.Value))).ToDictionary());
    }

    private static string Name(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString()!,
        JsonValueKind.Array when element.GetArrayLength() > 0 => Name(element[element.GetArrayLength() - 1]),
        _ => throw new FormatException($"{element} is not a name"),
    };
}
