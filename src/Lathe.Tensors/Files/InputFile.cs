namespace Lathe.Tensors;

/// <summary>Opens files that a user named. What the system refuses becomes a <see cref="ModelException"/> that names the file.</summary>
public static class InputFile
{
    public static FileStream OpenRead(string path) => Guard(path, () =>
    {
        if (Directory.Exists(path))
            throw new ModelException("LATHE1401", $"cannot read '{path}': it is a folder");
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
    });

    /// <summary>The whole file, whose size is checked against <paramref name="maxBytes"/> first.</summary>
    public static byte[] ReadAllBytes(string path, long maxBytes = int.MaxValue / 2) => Guard(path, () =>
    {
        using var file = OpenRead(path);
        if (file.Length > maxBytes)
            throw new ModelException("LATHE1403", $"'{path}' has {file.Length} bytes, and at most {maxBytes} are read");
        var bytes = GC.AllocateUninitializedArray<byte>((int)file.Length);
        file.ReadExactly(bytes);
        return bytes;
    });

    /// <summary>Runs <paramref name="read"/>, turning what the file system throws into a <see cref="ModelException"/>.</summary>
    public static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ModelException("LATHE1401", $"cannot read '{path}': there is no such file", inner: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ModelException("LATHE1401", $"cannot read '{path}': {e.Message}", inner: e);
        }
    }
}
