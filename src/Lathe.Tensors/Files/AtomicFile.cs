using System.Text;

namespace Lathe.Tensors;

/// <summary>
/// Writes a file under a temporary name in the folder of its destination, then moves it into place: a failure leaves
/// no half file and destroys no old one. What the system refuses becomes a <see cref="ModelException"/>.
/// </summary>
public static class AtomicFile
{
    /// <summary>Creates or replaces <paramref name="path"/> by what <paramref name="write"/> writes. Devices (<c>/dev/...</c>) are written directly.</summary>
    public static void Write(string path, Action<FileStream> write) => Write(path, write, keeps: true);

    /// <summary>Throws as <see cref="Write(string, Action{FileStream})"/> does where a file cannot be written, before anything is worked out for it; writes nothing.</summary>
    public static void Check(string path) => Write(path, _ => { }, keeps: false);

    private static void Write(string path, Action<FileStream> write, bool keeps)
    {
        string? temporary = null;
        try
        {
            string full = Path.GetFullPath(path);
            if (Directory.Exists(full))
                throw new ModelException("LATHE1402", $"cannot write '{path}': it is a folder");
            if (full.StartsWith("/dev/", StringComparison.Ordinal))
            {
                using var device = new FileStream(full, FileMode.Open, FileAccess.Write);
                write(device);
                return;
            }
            string folder = Path.GetDirectoryName(full)!;
            if (!Directory.Exists(folder))
                throw new ModelException("LATHE1402", $"cannot write '{path}': there is no folder '{folder}'");
            string name = Path.Combine(folder, $".{Path.GetFileName(full)}.{Path.GetRandomFileName()}");
            using (var file = new FileStream(name, FileMode.CreateNew, FileAccess.ReadWrite))
            {
                temporary = name;
                write(file);
            }
            if (!keeps)
                return;
            File.Move(name, full, overwrite: true);
            temporary = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ModelException("LATHE1402", $"cannot write '{path}': {e.Message}", inner: e);
        }
        finally
        {
            if (temporary is not null)
                TryDelete(temporary);
        }
    }

    public static void WriteAllBytes(string path, ReadOnlyMemory<byte> bytes) => Write(path, file => file.Write(bytes.Span));

    /// <summary>Writes UTF-8 without a byte order mark.</summary>
    public static void WriteAllText(string path, string text) => WriteAllBytes(path, Encoding.UTF8.GetBytes(text));

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The error under way says more than this one would.
        }
    }
}
