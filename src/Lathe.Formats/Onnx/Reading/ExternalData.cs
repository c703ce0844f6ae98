using System.Globalization;
using Lathe.Formats.Onnx.Protobuf;

namespace Lathe.Formats.Onnx.Reading;

/// <summary>
/// Tensors kept in files beside the model. A location is a relative path that stays within the model's folder, also after
/// symbolic links; anything else is refused, because a model must not make its reader open files of its choice.
/// </summary>
internal sealed class ExternalData(string folder)
{
    /// <summary>Reads exactly <paramref name="byteCount"/> bytes of a tensor; throws a <see cref="ModelException"/> when the file holds another number.</summary>
    public byte[] Read(TensorProto tensor, int byteCount)
    {
        var entries = new Dictionary<string, string>();
        foreach (var entry in tensor.ExternalData)
            entries[entry.Key] = entry.Value;
        string path = Resolve(entries.GetValueOrDefault("location", ""), tensor.Name);
        try
        {
            using var file = File.OpenRead(path);
            long offset = Number(entries, "offset", 0, tensor.Name);
            if (offset > file.Length)
                throw Damaged(tensor.Name, $"begins at byte {offset} of a file of {file.Length}");
            long length = Number(entries, "length", file.Length - offset, tensor.Name);
            if (length > file.Length - offset)
                throw Damaged(tensor.Name, $"takes bytes {offset} to {offset + length} of a file of {file.Length}");
            if (length != byteCount)
                throw Damaged(tensor.Name, $"has {length} bytes and its shape needs {byteCount}");
            byte[] bytes = new byte[byteCount];
            file.Seek(offset, SeekOrigin.Begin);
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelException("LATHE3022", $"the external data of the tensor '{tensor.Name}' cannot be read: {e.Message}", inner: e);
        }
    }

    private string Resolve(string location, string tensor)
    {
        string[] parts = location.Split('/', '\\');
        if (location.Length == 0 || location.Contains('\0') || Path.IsPathRooted(location) || location.Contains(':') || parts.Contains(".."))
            throw Outside(location, tensor);
        string root = RealPath(folder);
        string path = root;
        foreach (string part in parts.Where(p => p.Length > 0 && p != "."))
            path = RealPath(Path.Combine(path, part));
        if (!path.StartsWith(root.TrimEnd('/') + '/', StringComparison.Ordinal))
            throw Outside(location, tensor);
        return File.Exists(path)
            ? path
            : throw new ModelException("LATHE3021", $"the file '{location}' with the data of the tensor '{tensor}' is missing", "put it beside the model");
    }

    private static string RealPath(string path)
    {
        try
        {
            FileSystemInfo info = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
            return info.Exists ? info.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? info.FullName : info.FullName;
        }
        catch (IOException e)
        {
            throw new ModelException("LATHE3022", $"{path} cannot be read: {e.Message}", inner: e);
        }
    }

    private static long Number(Dictionary<string, string> entries, string key, long otherwise, string tensor)
    {
        if (!entries.TryGetValue(key, out string? text))
            return otherwise;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw Damaged(tensor, $"has the {key} '{text}'");
    }

    private static ModelException Outside(string location, string tensor) => new(
        "LATHE3020",
        $"the tensor '{tensor}' is kept in '{location}', which is not a path within the model's folder",
        "external data must lie beside the model; refuse models that ask for other files");

    private static ModelException Damaged(string tensor, string what) => new("LATHE3023", $"the external data of the tensor '{tensor}' {what}");
}
