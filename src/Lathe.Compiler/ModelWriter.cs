using Lathe.Formats.Onnx;
using Lathe.Formats.TFLite;
using Lathe.Graphs;

namespace Lathe.Compilation;

/// <summary>Writes graphs as files of the formats that Lathe writes, told by the file's ending.</summary>
public static class ModelWriter
{
    private static readonly Dictionary<string, Action<Graph, string, WriteOptions>> Formats = new(StringComparer.OrdinalIgnoreCase)
    {
        [".onnx"] = (graph, path, options) => OnnxExporter.Save(graph, path, options.Opset),
        [".tflite"] = (graph, path, options) => TFLiteExporter.Save(graph, path, new(options.HalfWeights)),
    };

    /// <summary>The endings of the files that can be written.</summary>
    public static IReadOnlyCollection<string> Endings => Formats.Keys;

    /// <summary>
    /// Writes a model; the file appears when it is complete. Throws a <see cref="ModelException"/> for an unknown ending, an <see cref="UnsupportedException"/> that lists
    /// all that the format cannot say.
    /// </summary>
    public static void Save(Graph graph, string path, WriteOptions options)
    {
        if (!Formats.TryGetValue(Path.GetExtension(path), out var write))
            throw new ModelException("LATHE5140", $"'{path}' does not end in the name of a format that can be written", $"the endings are {string.Join(", ", Endings)}");
        write(graph, path, options);
    }
}
