using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lathe.Tensors;

namespace Lathe.Runtime;

/// <summary>
/// What a bundle's <c>mod.json</c> says. <see cref="Digest"/> is the SHA-256 of the file's own bytes with the 64 digits of the
/// digest replaced by zeros, so that every byte of a bundle that matters is covered by some hash.
/// </summary>
public sealed record BundleManifest
{
    /// <summary>The version of the layout; a reader takes its own version only.</summary>
    public const int CurrentFormat = 1;

    public required int Format { get; init; }

    public required string Name { get; init; }

    public required string Target { get; init; }

    /// <summary>The version of the C interface.</summary>
    public required int Abi { get; init; }

    /// <summary>SHA-256 of the model file in hexadecimal; empty when there was none.</summary>
    public string SourceHash { get; init; } = "";

    /// <summary>The tar's member that holds the code: <c>mod.so</c>, <c>mod.o</c> or <c>mod.wasm</c>.</summary>
    public required string Code { get; init; }

    public required string CodeSha256 { get; init; }

    public required string ParametersSha256 { get; init; }

    public required long ArenaBytes { get; init; }

    public required long ParameterBytes { get; init; }

    public required IReadOnlyList<BundleBuffer> Inputs { get; init; }

    public required IReadOnlyList<BundleBuffer> Outputs { get; init; }

    /// <summary>In the order in which they run.</summary>
    public required IReadOnlyList<BundleStep> Steps { get; init; }

    /// <summary>Steps that repeat; null where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<BundleLoop>? Loops { get; init; }

    /// <summary>How many threads the code was made for; null in bundles of versions that did not say it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Threads { get; init; }

    public required string Digest { get; init; }

    /// <summary>The text of <c>mod.json</c>; the digest is computed here.</summary>
    public byte[] ToUtf8()
    {
        string zeros = new('0', 64);
        byte[] text = JsonSerializer.SerializeToUtf8Bytes(this with { Digest = zeros }, BundleJson.Readable.BundleManifest);
        int at = text.AsSpan().LastIndexOf(Encoding.ASCII.GetBytes(zeros));
        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(text))).CopyTo(text, at);
        return text;
    }

    /// <summary>Reads and checks the text of <c>mod.json</c>. Throws a <see cref="ModelException"/> that names <paramref name="file"/>.</summary>
    public static BundleManifest Parse(ReadOnlySpan<byte> text, string file)
    {
        try
        {
            CheckFormat(text, file);
            var manifest = JsonSerializer.Deserialize(text, BundleJson.Readable.BundleManifest);
            if (manifest is null || manifest.Digest.Length != 64 || !HasDigest(text.ToArray(), manifest.Digest))
                throw new ModelException("LATHE6012", $"'{file}' is damaged: mod.json does not agree with its digest");
            return manifest;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ModelException("LATHE6013", $"'{file}' is damaged: its mod.json cannot be read: {e.Message}", inner: e);
        }
    }

    /// <summary>Throws a <see cref="ModelException"/> for names, types, extents and sizes that cannot be.</summary>
    public ModelInfo ToInfo(string file)
    {
        if (ArenaBytes < 0 || ParameterBytes < 0)
            throw new ModelException("LATHE6013", $"'{file}': its mod.json has negative sizes");
        if (Threads < 1)
            throw new ModelException("LATHE6013", $"'{file}': its mod.json is for {Threads} threads");
        // The reader of JSON keeps null out of everything but lists.
        if (Inputs.Concat(Outputs).Any(b => b is null) || Steps.Any(s => s is null))
            throw new ModelException("LATHE6013", $"'{file}': its mod.json has an empty buffer or step");
        if (Steps.Any(s => s.Flops < 0 || s.DoneFlops < 0 || s.Bytes < 0 || s.WeightBytes < 0 || s.WeightBytes > s.Bytes))
            throw new ModelException("LATHE6013", $"'{file}': its mod.json has a step of negative work");
        if (Loops?.Any(l => l is null || l.First < 0 || l.First >= l.Body || l.Body >= l.Last || l.Last > Steps.Count || l.Condition < 0 || l.Condition >= ArenaBytes) == true)
            throw new ModelException("LATHE6013", $"'{file}': its mod.json has a loop of steps or a condition that are not there");
        return new ModelInfo(Name, Specs(Inputs, file), Specs(Outputs, file), Steps.Select(s => new StepInfo(s.Name, s.Flops, s.DoneFlops ?? s.Flops, s.Bytes, s.WeightBytes)).ToEquatableArray(),
            ArenaBytes, ParameterBytes, Target, SourceHash, Abi)
        {
            Loops = (Loops ?? []).Select(l => new LoopInfo(l.First, l.Body, l.Last, l.Condition)).ToEquatableArray(),
            Threads = Threads,
        };
    }

    private static EquatableArray<BufferSpec> Specs(IReadOnlyList<BundleBuffer> buffers, string file)
    {
        var names = new HashSet<string>();
        foreach (var buffer in buffers)
        {
            if (!names.Add(buffer.Name) || !DTypes.TryParse(buffer.Type, out var type) || buffer.Shape.Any(d => d < 0))
                throw new ModelException("LATHE6013", $"'{file}': its mod.json has a buffer '{buffer.Name}' that is double or of no known type or shape");
            Tensor.ByteCount(type, Lathe.Tensors.Shape.Of(buffer.Shape));
        }
        return buffers.Select(b => new BufferSpec(b.Name, DTypes.TryParse(b.Type, out var type) ? type : default, b.Shape.ToEquatableArray())).ToEquatableArray();
    }

    private static void CheckFormat(ReadOnlySpan<byte> text, string file)
    {
        var reader = new Utf8JsonReader(text);
        using var document = JsonDocument.ParseValue(ref reader);
        if (document.RootElement.TryGetProperty("format", out var format) && format.TryGetInt32(out int version) && version == CurrentFormat)
            return;
        throw new ModelException("LATHE6011", $"'{file}' is a bundle of another format than {CurrentFormat}", "make it again with this version of Lathe");
    }

    private static bool HasDigest(byte[] text, string digest)
    {
        int at = text.AsSpan().LastIndexOf(Encoding.UTF8.GetBytes(digest));
        if (at < 0 || at + 64 > text.Length)
            return false;
        text.AsSpan(at, 64).Fill((byte)'0');
        return Convert.ToHexStringLower(SHA256.HashData(text)) == digest;
    }
}

/// <summary>An input or output; the type by its short name.</summary>
public sealed record BundleBuffer(string Name, string Type, IReadOnlyList<long> Shape);

/// <summary>
/// A kernel's call: the model's nodes that it is for, the kernel, where each of its buffers lies (<c>arena+4096</c>, <c>input 0</c>), and its
/// operations and bytes as <see cref="StepInfo"/> has them.
/// </summary>
public sealed record BundleStep(string Name, string Kernel, IReadOnlyList<string> Buffers, long Flops = 0, long? DoneFlops = null, long Bytes = 0, long WeightBytes = 0);

/// <summary>Steps that repeat, as <see cref="LoopInfo"/> has them.</summary>
public sealed record BundleLoop(int First, int Body, int Last, long Condition);
