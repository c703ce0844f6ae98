using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Lathe.Formats.Keras.Reading.Hdf5;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Reading;

/// <summary>A saved model: its configuration, and its weights.</summary>
/// <param name="Kind">How it was saved: h5, keras or json.</param>
/// <param name="Model">The model as a layer.</param>
/// <param name="Weights">Null where there are none: a model without weights.</param>
/// <param name="Version">The version of Keras that wrote it, or empty.</param>
/// <param name="Backend">What Keras ran on, or empty.</param>
internal sealed record KerasFile(string Kind, LayerConfig Model, IWeightStore? Weights, string Version, string Backend)
{
    private const long MaxConfigBytes = 64 << 20;

    // Deflate codes at most 258 bytes in 2 bits, so nothing inflates further than this.
    private const long MaxDeflateRatio = 1032;

    /// <summary>Whether the first version of Keras wrote the model, which kept weights otherwise.</summary>
    public bool IsFirst => Version.Length == 0 || Version.StartsWith("1.", StringComparison.Ordinal);

    /// <summary>Whether a file is a model, by its content: HDF5, a zip archive with a configuration, or a configuration itself.</summary>
    public static bool Recognizes(string path, ReadOnlySpan<byte> head)
    {
        if (head.IsEmpty)
            return false;
        if (Hdf5File.Recognizes(head))
            return true;
        if (head.StartsWith("PK"u8))
            return InputFile.Guard(path, () => IsArchive(path));
        return head[0] is (byte)'{' or (byte)'[' or (byte)' ' or (byte)'\n' ? SplitModel.IsConfig(path) : IsBehindBlock(path);
    }

    public static KerasFile Read(string path)
    {
        byte[] head = new byte[8];
        using (var file = InputFile.OpenRead(path))
        {
            int count = InputFile.Guard(path, () => file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false));
            head = head[..count];
        }
        if (head.AsSpan().StartsWith("PK"u8))
            return InputFile.Guard(path, () => ReadArchive(path));
        return head.Length > 0 && head[0] is (byte)'{' or (byte)'[' or (byte)' ' or (byte)'\n' ? SplitModel.Read(path) : ReadHdf5(new FileBytes(path));
    }

    /// <summary>Reads a model of either kind from memory, which must not change afterwards.</summary>
    public static KerasFile Read(Memory<byte> bytes, string name)
    {
        if (!bytes.Span.StartsWith("PK"u8))
            return ReadHdf5(new FileBytes(bytes, name));
        using var stream = new MemoryStream(bytes.ToArray(), writable: false);
        return ReadArchive(stream, name);
    }

    private static KerasFile ReadHdf5(FileBytes bytes)
    {
        var root = Hdf5File.Open(bytes);
        if (root.Attributes.Text("model_config") is not { } config)
        {
            string what = LayerGroupStore.IsOne(root) || AttributeStore.IsOne(root) ? "holds a model's weights only, without its layers" : "holds no Keras model: it has no model_config";
            throw new ModelException(
                "LATHE3413", $"'{bytes.Name}' {what}", "save the whole model (model.save), or put model.to_json()'s text into a .json file beside the weights and give that");
        }
        var json = KerasJson.Parse(config, bytes.Name);
        if (!root.TryGroup("model_weights", out var weights))
            throw bytes.Damaged("lacks the group model_weights");
        return new(
            "h5", LayerConfig.Read(json), new LayerGroupStore(weights), VersionOf(root, weights), weights.Attributes.Text("backend") ?? root.Attributes.Text("backend") ?? "");
    }

    internal static string VersionOf(Hdf5Group root, Hdf5Group weights) => weights.Attributes.Text("keras_version") ?? root.Attributes.Text("keras_version") ?? "";

    private static KerasFile ReadArchive(string path)
    {
        using var file = InputFile.OpenRead(path);
        return ReadArchive(file, Path.GetFileName(path));
    }

    private static KerasFile ReadArchive(Stream stream, string name)
    {
        try
        {
            using var archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true, Encoding.UTF8);
            string config = Encoding.UTF8.GetString(Entry(archive, "config.json", MaxConfigBytes, name) ?? throw Lacks("config.json"));
            var metadata = Entry(archive, "metadata.json", MaxConfigBytes, name) is { } bytes
                ? new Settings(KerasJson.Parse(Encoding.UTF8.GetString(bytes), name))
                : Settings.Empty;
            IWeightStore? store = null;
            if (Entry(archive, "model.weights.h5", int.MaxValue - 64, name) is { } weights)
                store = new AttributeStore(Hdf5File.Open(new(weights, $"{name}:model.weights.h5")));
            else if (archive.Entries.Any(e => e.FullName.StartsWith("model.weights", StringComparison.Ordinal)))
                throw new UnsupportedException("LATHE3414", $"'{name}' keeps its weights in several files or not as HDF5", next: "save the model again with Keras's defaults");
            return new("keras", LayerConfig.Read(KerasJson.Parse(config, name)), store, metadata.Text("keras_version", ""), "");
        }
        // ZipArchive reports damage through all of these.
        catch (Exception e) when (e is InvalidDataException or IOException or ArgumentException or NotSupportedException
            or OverflowException or InvalidOperationException or IndexOutOfRangeException)
        {
            throw new ModelException("LATHE3415", $"'{name}' is not a whole archive: {e.Message}", inner: e);
        }

        ModelException Lacks(string entry) => new("LATHE3416", $"'{name}' lacks {entry}, so that it is no Keras model", "check that the path names a .keras file");
    }

    private static byte[]? Entry(ZipArchive archive, string entryName, long most, string name)
    {
        if (archive.GetEntry(entryName) is not { } entry)
            return null;
        if (entry.IsEncrypted)
            throw new ModelException("LATHE3417", $"'{name}' holds {entryName} encrypted", "write the archive without a password");
        long length = entry.Length;
        if (length < 0 || length > most || length / MaxDeflateRatio > entry.CompressedLength)
            throw new ModelException("LATHE3418", $"'{name}' says that {entryName} has {length} bytes in {entry.CompressedLength} packed ones; at most {most} are read");
        var bytes = new byte[length];
        using var stream = entry.Open();
        stream.ReadExactly(bytes);
        return Crc32.Of(bytes) == entry.Crc32 ? bytes : throw new ModelException("LATHE3415", $"'{name}' is damaged: the checksum of {entryName} does not match");
    }

    private static bool IsArchive(string path)
    {
        try
        {
            using var file = InputFile.OpenRead(path);
            using var archive = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true, Encoding.UTF8);
            return archive.GetEntry("config.json") is not null
                && archive.Entries.Any(e => e.FullName == "metadata.json" || e.FullName.StartsWith("model.weights", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException or NotSupportedException or OverflowException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Whether HDF5's signature comes after a block of the user's.</summary>
    private static bool IsBehindBlock(string path)
    {
        using var file = InputFile.OpenRead(path);
        var signature = new byte[8];
        for (long at = 512; at <= file.Length - signature.Length && at <= 1 << 20; at *= 2)
        {
            file.Position = at;
            int read = InputFile.Guard(path, () => file.ReadAtLeast(signature, signature.Length, throwOnEndOfStream: false));
            if (read == signature.Length && Hdf5File.Recognizes(signature))
                return true;
        }
        return false;
    }
}
