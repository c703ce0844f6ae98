using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Lathe.Tensors;

/// <summary>Where each tensor of a safetensors file to be written goes, padding included.</summary>
internal sealed class SafetensorsLayout
{
    private const int HeaderAlignment = 64;

    private readonly List<Part> _parts;
    private readonly int _alignment;

    private SafetensorsLayout(List<Part> parts, int alignment) => (_parts, _alignment) = (parts, alignment);

    public sealed record Part(string Name, Tensor Tensor, long Begin)
    {
        public long End => Begin + Tensor.Bytes.Length;
    }

    public IEnumerable<Part> InFileOrder => _parts.OrderBy(p => p.Begin).ThenBy(p => p.End);

    public static SafetensorsLayout Plan(IEnumerable<KeyValuePair<string, Tensor>> tensors, int alignment)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(alignment > 0 && BitOperations.IsPow2(alignment), true, nameof(alignment));
        var given = tensors.ToList();
        CheckNames(given, alignment);
        return new(alignment > 1 ? Padded(given, alignment) : WidestFirst(given), alignment);
    }

    /// <summary>The length and the JSON, closed with spaces so that data begins at a multiple of 64 bytes and of the alignment.</summary>
    public byte[] Header(IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        // Names are written as they are: the reader is a JSON parser, not a browser.
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata);
            foreach (var part in _parts)
                WritePart(json, part);
            json.WriteEndObject();
        }
        int step = Math.Max(HeaderAlignment, _alignment);
        int total = (int)AlignUp(8 + buffer.WrittenCount, step);
        var bytes = new byte[total];
        bytes.AsSpan().Fill((byte)' ');
        BinaryPrimitives.WriteInt64LittleEndian(bytes, total - 8);
        buffer.WrittenSpan.CopyTo(bytes.AsSpan(8));
        return bytes;
    }

    private static List<Part> Padded(List<KeyValuePair<string, Tensor>> tensors, int alignment)
    {
        var parts = new List<Part>();
        long at = 0;
        int pads = 0;
        foreach (var (name, tensor) in tensors)
        {
            long aligned = AlignUp(at, alignment);
            if (aligned > at)
                parts.Add(new($"{SafetensorsFile.PadPrefix}{pads++}", Tensor.Zeros(DType.UInt8, Shape.Of(aligned - at)), at));
            parts.Add(new(name, tensor, aligned));
            at = aligned + tensor.Bytes.Length;
        }
        return parts;
    }

    private static List<Part> WidestFirst(List<KeyValuePair<string, Tensor>> tensors)
    {
        var begins = new long[tensors.Count];
        long at = 0;
        foreach (int i in Enumerable.Range(0, tensors.Count).OrderByDescending(i => tensors[i].Value.Type.Size))
        {
            begins[i] = at;
            at += tensors[i].Value.Bytes.Length;
        }
        return [.. tensors.Select((t, i) => new Part(t.Key, t.Value, begins[i]))];
    }

    private static void CheckNames(List<KeyValuePair<string, Tensor>> tensors, int alignment)
    {
        var names = new HashSet<string>();
        foreach (var (name, _) in tensors)
        {
            if (!names.Add(name))
                throw new ModelException("LATHE1305", $"a safetensors file cannot hold '{name}' twice");
            if (name == "__metadata__" || (alignment > 1 && name.StartsWith(SafetensorsFile.PadPrefix, StringComparison.Ordinal)))
                throw new ModelException("LATHE1305", $"a tensor of a safetensors file cannot be named '{name}'");
        }
    }

    private void WriteMetadata(Utf8JsonWriter json, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var pairs = new OrderedDictionary<string, string>();
        foreach (var (key, value) in metadata)
            pairs[key] = value;
        pairs.Remove(SafetensorsFile.AlignmentKey);
        if (_alignment > 1)
            pairs[SafetensorsFile.AlignmentKey] = _alignment.ToString();
        if (pairs.Count == 0)
            return;
        json.WriteStartObject("__metadata__");
        foreach (var (key, value) in pairs)
            json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static void WritePart(Utf8JsonWriter json, Part part)
    {
        json.WriteStartObject(part.Name);
        json.WriteString("dtype", SafetensorsFile.TypeName(part.Tensor.Type));
        json.WriteStartArray("shape");
        foreach (var dim in part.Tensor.Shape)
            json.WriteNumberValue(dim.Value);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(part.Begin);
        json.WriteNumberValue(part.End);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static long AlignUp(long value, int alignment) => (value + alignment - 1) & -(long)alignment;
}
