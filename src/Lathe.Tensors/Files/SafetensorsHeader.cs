using System.Text.Json;

namespace Lathe.Tensors;

/// <summary>
/// The JSON that opens a safetensors file, read strictly: one object from names to <c>dtype</c>, <c>shape</c> and
/// <c>data_offsets</c>, and <c>__metadata__</c> from strings to strings. Names come once, and the data of the tensors
/// covers the data area from its first byte to its last without holes and without overlap.
/// </summary>
internal sealed class SafetensorsHeader
{
    public const int MaxLength = 100_000_000;

    private SafetensorsHeader(List<SafetensorsEntry> entries, OrderedDictionary<string, string> metadata) =>
        (Entries, Metadata) = (entries, metadata);

    /// <summary>In the order of the JSON text.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries { get; }

    public OrderedDictionary<string, string> Metadata { get; }

    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataLength, string file)
    {
        try
        {
            var header = Parse(json, file);
            CheckOffsets(header.Entries, dataLength, file);
            return header;
        }
        // Utf8JsonReader reports malformed text by the first and text that is not UTF-8 by the second.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Malformed(file, e.Message, e);
        }
    }

    private static SafetensorsHeader Parse(ReadOnlySpan<byte> json, string file)
    {
        if (json.IsEmpty || json[0] != (byte)'{')
            throw Malformed(file, "it does not begin with '{'");
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 4 });
        var entries = new List<SafetensorsEntry>();
        var names = new HashSet<string>();
        var metadata = new OrderedDictionary<string, string>();

        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if (!names.Add(name))
                throw Malformed(file, $"'{name}' comes twice");
            reader.Read();
            Require(reader.TokenType == JsonTokenType.StartObject, file, $"'{name}' is no object");
            if (name == "__metadata__")
                ReadMetadata(ref reader, metadata, file);
            else
                entries.Add(ReadEntry(ref reader, name, file));
        }
        // Only spaces may follow; anything else throws.
        reader.Read();
        return new SafetensorsHeader(entries, metadata);
    }

    private static void ReadMetadata(ref Utf8JsonReader reader, OrderedDictionary<string, string> metadata, string file)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            Require(reader.TokenType == JsonTokenType.String, file, $"the metadata '{key}' is no string");
            Require(metadata.TryAdd(key, reader.GetString()!), file, $"the metadata '{key}' comes twice");
        }
    }

    private static SafetensorsEntry ReadEntry(ref Utf8JsonReader reader, string name, string file)
    {
        string? type = null;
        List<long>? shape = null, offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            switch (key)
            {
                case "dtype" when type is null && reader.TokenType == JsonTokenType.String: type = reader.GetString(); break;
                case "shape" when shape is null: shape = ReadNumbers(ref reader, NpyHeader.MaxRank, $"the shape of '{name}'", file); break;
                case "data_offsets" when offsets is null: offsets = ReadNumbers(ref reader, 2, $"the offsets of '{name}'", file); break;
                default: throw Malformed(file, $"'{name}' has a '{key}' that is unknown, wrong or comes twice");
            }
        }
        if (type is null || shape is null || offsets is not { Count: 2 })
            throw Malformed(file, $"'{name}' needs dtype, shape and two data_offsets");
        return new SafetensorsEntry(name, type, Shape.Of(shape), offsets[0], offsets[1]);
    }

    private static List<long> ReadNumbers(ref Utf8JsonReader reader, int most, string what, string file)
    {
        Require(reader.TokenType == JsonTokenType.StartArray, file, $"{what}: no array");
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            bool valid = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long number) && number >= 0 && Add(number);
            Require(valid, file, $"{what}: not at most {most} numbers of 63 bits");
        }
        return numbers;

        bool Add(long number)
        {
            numbers.Add(number);
            return numbers.Count <= most;
        }
    }

    private static void CheckOffsets(IEnumerable<SafetensorsEntry> entries, long dataLength, string file)
    {
        long end = 0;
        foreach (var entry in entries.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            if (entry.Begin != end || entry.End < entry.Begin || entry.End > dataLength)
                throw new ModelException("LATHE1303", $"'{file}': the data of '{entry.Name}' is at {entry.Begin} to {entry.End}, and it should begin at {end} and end by {dataLength}");
            end = entry.End;
        }
        if (end != dataLength)
            throw new ModelException("LATHE1303", $"'{file}' has {dataLength} bytes of data, and its tensors take {end}");
    }

    private static void Require(bool condition, string file, string why)
    {
        if (!condition)
            throw Malformed(file, why);
    }

    private static ModelException Malformed(string file, string why, Exception? inner = null) =>
        new("LATHE1302", $"'{file}' has a malformed safetensors header: {why}", inner: inner);
}
