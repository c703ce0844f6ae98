using System.Text.Json;

namespace Lathe.Formats.Keras.Reading;

/// <summary>
/// The settings of a layer, typed as they are asked for. Names are Keras 2's; a layer of Keras 1 has others for the same (<see cref="FirstKeras"/>), which
/// are looked up where the name asked for is missing.
/// </summary>
internal sealed class Settings(JsonElement config, IReadOnlyDictionary<string, string>? aliases = null)
{
    public static Settings Empty { get; } = new(default);

    public JsonElement Json => config;

    public bool Has(string name) => Find(name) is not null;

    /// <summary>The value under a name; one that is null counts as missing.</summary>
    public JsonElement? Find(string name)
    {
        if (config.ValueKind != JsonValueKind.Object)
            return null;
        if (config.TryGetProperty(name, out var value) || (aliases is not null && aliases.TryGetValue(name, out string? old) && config.TryGetProperty(old, out value)))
            return value.ValueKind == JsonValueKind.Null ? null : value;
        return null;
    }

    public string Text(string name, string otherwise) => Find(name) switch
    {
        null => otherwise,
        { ValueKind: JsonValueKind.String } value => value.GetString()!,
        _ => throw Wrong(name, "a text"),
    };

    public bool Flag(string name, bool otherwise) => Find(name) switch
    {
        null => otherwise,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.Number } value => value.GetDouble() != 0,
        _ => throw Wrong(name, "true or false"),
    };

    public long Int(string name, long otherwise) => TryInt(name) ?? otherwise;

    public long Int(string name) => TryInt(name) ?? throw Wrong(name, "an integer");

    public long? TryInt(string name) => Find(name) is { } value ? Whole(value) ?? throw Wrong(name, "an integer") : null;

    public double Float(string name, double otherwise) => TryFloat(name) ?? otherwise;

    /// <summary>A number; of NumPy's arrays, as Keras 2 writes some, their only element.</summary>
    public double? TryFloat(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value => value.GetDouble(),
        { ValueKind: JsonValueKind.Object } value when value.TryGetProperty("value", out var inner) && inner.ValueKind == JsonValueKind.Number => inner.GetDouble(),
        _ => throw Wrong(name, "a number"),
    };

    public double[]? TryFloats(string name)
    {
        if (Find(name) is not { } value)
            return null;
        var numbers = new List<double>();
        Collect(value, numbers, name, 0);
        return [.. numbers];
    }

    /// <summary>A list of integers; one number is a list of it.</summary>
    public long[]? TryInts(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } value => [.. value.EnumerateArray().Select(e => Whole(e) ?? throw Wrong(name, "a list of integers"))],
        { } value => [Whole(value) ?? throw Wrong(name, "integers")],
    };

    /// <summary>An entry for each of several axes; one number stands for all.</summary>
    public long[] PerAxis(string name, int count, long? otherwise = null)
    {
        var given = TryInts(name) ?? (otherwise is { } o ? [o] : throw Wrong(name, $"{count} integers"));
        return given.Length == count ? given
            : given.Length == 1 ? [.. Enumerable.Repeat(given[0], count)]
            : throw Wrong(name, $"{count} integers");
    }

    public ModelException Wrong(string name, string expected) =>
        new("LATHE3403", $"its setting '{name}' is {(Find(name) is { } found ? Short(found.GetRawText()) : "missing")} and should be {expected}");

    /// <summary>A whole number, also where it is written as a float.</summary>
    private static long? Whole(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when value.TryGetInt64(out long number) => number,
        JsonValueKind.Number when value.GetDouble() is var real && real == Math.Floor(real) && Math.Abs(real) < 1L << 53 => (long)real,
        _ => null,
    };

    private void Collect(JsonElement value, List<double> numbers, string name, int depth)
    {
        if (value.ValueKind == JsonValueKind.Number)
            numbers.Add(value.GetDouble());
        else if (value.ValueKind == JsonValueKind.Array && depth < 16)
            foreach (var element in value.EnumerateArray())
                Collect(element, numbers, name, depth + 1);
        else
            throw Wrong(name, "numbers");
    }

    private static string Short(string text) => text.Length <= 60 ? text : $"{text[..60]}...";
}
