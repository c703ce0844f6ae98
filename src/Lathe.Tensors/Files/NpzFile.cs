using System.IO.Compression;
using System.Text;

namespace Lathe.Tensors;

/// <summary>
/// NumPy's archive of named arrays: a zip whose entries are npy files, in order. Entries may be stored or deflated, with
/// or without zip64; a name's <c>.npy</c> is dropped. A damaged, encrypted or absurdly sized archive and one with a name
/// twice is a <see cref="ModelException"/> before its data is allocated.
/// </summary>
public static class NpzFile
{
    /// <summary>How much data <see cref="Read(string, long)"/> accepts in all unless told otherwise.</summary>
    public const long DefaultMaxBytes = 8L << 30;

    // Deflate codes at most 258 bytes in 2 bits, so nothing inflates further than this.
    private const long MaxDeflateRatio = 1032;

    private static readonly DateTimeOffset Epoch = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static OrderedDictionary<string, Tensor> Read(string path, long maxBytes = DefaultMaxBytes) => InputFile.Guard(path, () =>
    {
        using var file = InputFile.OpenRead(path);
        return Read(file, path, maxBytes);
    });

    /// <summary>Reads from a seekable stream; <paramref name="name"/> stands in error messages.</summary>
    public static OrderedDictionary<string, Tensor> Read(Stream stream, string name, long maxBytes = DefaultMaxBytes)
    {
        try
        {
            using var archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true, Encoding.UTF8);
            CheckSizes(archive, stream.Length, maxBytes, name);
            var tensors = new OrderedDictionary<string, Tensor>();
            foreach (var entry in archive.Entries)
            {
                if (entry.FullName.EndsWith('/') && entry.Length == 0)
                    continue;
                string key = entry.FullName.EndsWith(".npy", StringComparison.Ordinal) ? entry.FullName[..^4] : entry.FullName;
                if (tensors.ContainsKey(key))
                    throw new ModelException("LATHE1202", $"'{name}' holds the array '{key}' twice");
                tensors.Add(key, ReadEntry(entry, $"{name}:{entry.FullName}"));
            }
            return tensors;
        }
        // ZipArchive reports damage through all of these.
        catch (Exception e) when (e is InvalidDataException or IOException or ArgumentException or NotSupportedException
            or OverflowException or InvalidOperationException or IndexOutOfRangeException)
        {
            throw new ModelException("LATHE1201", $"'{name}' is not a whole npz archive: {e.Message}", inner: e);
        }
    }

    /// <summary>Writes arrays in the order given, stored unless <paramref name="compress"/>. The same arrays give the same bytes.</summary>
    public static void Write(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, bool compress = false) =>
        AtomicFile.Write(path, file => Write(file, tensors, compress));

    public static void Write(Stream stream, IEnumerable<KeyValuePair<string, Tensor>> tensors, bool compress = false)
    {
        using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true, Encoding.UTF8);
        var names = new HashSet<string>();
        foreach (var (name, tensor) in tensors)
        {
            if (name.Length == 0 || !names.Add(name))
                throw new ModelException("LATHE1202", name.Length == 0 ? "an array of an npz archive needs a name" : $"an npz archive cannot hold '{name}' twice");
            var entry = archive.CreateEntry($"{name}.npy", compress ? CompressionLevel.Optimal : CompressionLevel.NoCompression);
            entry.LastWriteTime = Epoch;
            using var data = entry.Open();
            NpyFile.Write(data, tensor);
        }
    }

    private static void CheckSizes(ZipArchive archive, long fileLength, long maxBytes, string name)
    {
        long packed = 0, unpacked = 0;
        foreach (var entry in archive.Entries)
        {
            if (entry.IsEncrypted)
                throw new ModelException("LATHE1203", $"'{name}' holds '{entry.FullName}' encrypted", next: "write the archive without a password");
            long from = entry.CompressedLength, to = entry.Length;
            bool believable = from >= 0 && to >= 0 && from <= fileLength - packed && to / MaxDeflateRatio <= from;
            if (!believable)
                throw new ModelException("LATHE1204", $"'{name}' says that '{entry.FullName}' has {to} bytes in {from} packed ones, which it cannot have");
            if (to > maxBytes - unpacked)
                throw new ModelException("LATHE1204", $"'{name}' holds more than {maxBytes} bytes of data");
            packed += from;
            unpacked += to;
        }
    }

    private static Tensor ReadEntry(ZipArchiveEntry entry, string name)
    {
        using var stream = new Crc32Stream(entry.Open());
        var header = NpyHeader.Read(stream, name, out int headerLength);
        long count = Tensor.ByteCount(header.Type, header.Shape);
        if (headerLength + count != entry.Length)
            throw new ModelException("LATHE1104", $"'{name}' has {entry.Length} bytes, and {header.Type.Name}{header.Shape} needs {headerLength + count}");
        // Stored data is there for sure, as its size was checked against the file; deflated data is believed as it comes.
        bool stored = entry.CompressedLength == entry.Length;
        var tensor = NpyFile.ReadData(stream, header, stored ? count : null, name);
        return stream.Crc == entry.Crc32
            ? tensor
            : throw new ModelException("LATHE1205", $"'{name}' is damaged: its checksum does not match");
    }
}
