using System.IO.Compression;
using System.Text;

namespace Lathe.Formats.TFLite.Reading;

/// <summary>The files of a zip archive that follows a model in its file. A damaged archive has none.</summary>
internal sealed class PackedFiles
{
    private const int MaxFiles = 256;
    private const int MaxBytes = 16 << 20;

    private readonly Dictionary<string, byte[]> _files = [];

    /// <param name="file">The model's file, to its end.</param>
    public PackedFiles(ReadOnlyMemory<byte> file)
    {
        if (file.Span.LastIndexOf("PK\u0005\u0006"u8) < 0)
            return;
        try
        {
            using var archive = new ZipArchive(new MemoryStream(file.ToArray(), writable: false), ZipArchiveMode.Read);
            foreach (var entry in archive.Entries.Take(MaxFiles))
                if (entry.Length <= MaxBytes)
                    _files.TryAdd(entry.FullName, Content(entry));
        }
        catch (Exception e) when (e is InvalidDataException or IOException or NotSupportedException or ArgumentException)
        {
            _files.Clear();
        }
    }

    public IEnumerable<(string Name, int Bytes)> List => _files.Select(f => (f.Key, f.Value.Length));

    public string? Text(string name) => _files.TryGetValue(name, out byte[]? bytes) ? Encoding.UTF8.GetString(bytes) : null;

    /// <summary>No more than the entry says that it is long, whatever its compressed bytes hold.</summary>
    private static byte[] Content(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        byte[] bytes = new byte[entry.Length];
        int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return read == bytes.Length ? bytes : throw new InvalidDataException("a packed file is shorter than it says");
    }
}
