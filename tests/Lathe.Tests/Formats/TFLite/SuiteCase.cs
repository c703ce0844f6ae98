using System.Globalization;
using Lathe.Tensors;

namespace Lathe.Tests.Formats.TFLite;

/// <summary>A model of a suite, by its path in the models' folder, with recorded inputs and outputs where the suite has them.</summary>
internal sealed record SuiteCase(string Name, string Model)
{
    private const int HeadBytes = 8;

    /// <summary>All TFLite models below a folder, told by their content, in the order of their names.</summary>
    public static IEnumerable<SuiteCase> Find(string root, string folder)
    {
        string start = Path.Combine(root, folder);
        return !Directory.Exists(start) ? [] : Directory.EnumerateFiles(start, "*", SearchOption.AllDirectories).Where(IsModel)
            .Select(path => new SuiteCase(Path.GetRelativePath(root, path).Replace('\\', '/'), path)).OrderBy(c => c.Name, StringComparer.Ordinal);
    }

    /// <summary>Recorded values of inputs or outputs of these types; null where the suite has none.</summary>
    /// <param name="isInput">Which of them.</param>
    public Tensor[]? Recorded(bool isInput, IReadOnlyList<(DType Type, Shape Shape)> types)
    {
        string stem = Path.Combine(Path.GetDirectoryName(Model)!, Path.GetFileNameWithoutExtension(Model));
        string raw = isInput ? ".inp" : ".out";
        if (Enumerable.Range(0, types.Count).All(i => File.Exists($"{stem}{raw}{i}")))
            return [.. types.Select((t, i) => Raw($"{stem}{raw}{i}", t))];
        string[] lists = [.. types.Select((t, i) => $"{stem}_{(isInput ? $"input{i}" : "golden")}_int{8 * t.Type.Size}.csv")];
        return lists.All(File.Exists) ? [.. types.Select((t, i) => Listed(lists[i], t))] : null;
    }

    private static bool IsModel(string path)
    {
        if (Path.GetExtension(path) is not (".tflite" or ".bin" or ".lite"))
            return false;
        using var file = File.OpenRead(path);
        byte[] head = new byte[HeadBytes];
        return file.ReadAtLeast(head, HeadBytes, throwOnEndOfStream: false) == HeadBytes && Lathe.Formats.TFLite.TFLiteImporter.Recognizes(head);
    }

    /// <summary>Glow's files: a byte, then the elements.</summary>
    private static Tensor Raw(string path, (DType Type, Shape Shape) type)
    {
        byte[] bytes = File.ReadAllBytes(path)[1..];
        Assert.Equal(Tensor.ByteCount(type.Type, type.Shape), bytes.Length);
        return new(type.Type, type.Shape, bytes);
    }

    private static Tensor Listed(string path, (DType Type, Shape Shape) type)
    {
        long[] values = [.. File.ReadAllText(path).Split([',', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).Select(v => long.Parse(v, CultureInfo.InvariantCulture))];
        var tensor = Tensor.Zeros(type.Type, type.Shape);
        Assert.Equal(tensor.Count, values.Length);
        for (int i = 0; i < values.Length; i++)
            tensor.SetInt64(i, values[i]);
        return tensor;
    }
}
