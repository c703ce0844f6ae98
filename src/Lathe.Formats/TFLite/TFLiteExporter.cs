using Lathe.Formats.TFLite.Exporting;
using Lathe.Formats.TFLite.Writing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite;

/// <summary>
/// Writes graphs as TFLite models: channels-last, with biases and activations in the operators that take them. Inputs and outputs keep their names, types and
/// layouts, and are named in the signature serving_default.
/// </summary>
public static class TFLiteExporter
{
    /// <summary>Offsets of the file have 31 bits.</summary>
    private const long MaxBytes = int.MaxValue;

    /// <summary>What a file holds besides constants is far less.</summary>
    private const long MaxStructure = 64 << 20;

    /// <summary>The file's content. Throws an <see cref="UnsupportedException"/> that lists every node which TFLite has no operator for.</summary>
    public static byte[] Export(Graph graph, TFLiteExportOptions? options = null)
    {
        options ??= new();
        CheckShapes(graph);
        var prepared = ExportForm.Of(graph);
        CheckSupport(prepared);
        CheckSize(prepared, options);
        return GraphWriter.Write(prepared, options);
    }

    /// <summary>Writes the file; it appears under its name when it is complete.</summary>
    public static void Save(Graph graph, string path, TFLiteExportOptions? options = null) => AtomicFile.WriteAllBytes(path, Export(graph, options));

    private static void CheckShapes(Graph graph)
    {
        foreach (var input in graph.Inputs)
            if (!input.Shape.IsKnown)
                throw new UnsupportedException("LATHE3604", $"the input '{((Input)input.Op).InputName}' has the open shape {input.Shape}, and TFLite operators are chosen by extents", next: "give the input's shape");
    }

    private static void CheckSupport(Graph prepared)
    {
        var missing = prepared.AllNodes.Where(n => n.Op is not (Input or Constant) && !ExportTable.CanWrite(n)).Select(n => n.ToString())
            .Concat(prepared.AllNodes.SelectMany(n => n.Outputs).Where(o => o.Shape.Any(d => d.IsKnown && d.Value > int.MaxValue)).Select(o => $"{o}: an extent is over 31 bits"))
            .Distinct().ToEquatableArray();
        if (missing.Count > 0)
            throw new UnsupportedException("LATHE3605", "TFLite has no operators for these nodes:", missing, "see docs/tflite.md for what can be written");
    }

    private static void CheckSize(Graph graph, TFLiteExportOptions options)
    {
        long bytes = graph.AllNodes.Select(n => n.Op).OfType<Constant>()
            .Sum(c => options.HalfWeights && c.Tensor.Type == DType.Float32 ? c.Tensor.Bytes.Length / 2L : c.Tensor.Bytes.Length);
        if (bytes > MaxBytes - MaxStructure)
        {
            throw new UnsupportedException(
                "LATHE3606", $"the model has {bytes / 1e9:F1} GB of weights, and a TFLite file holds 2 GB", next: options.HalfWeights ? null : "weights in half precision take half of it");
        }
    }
}
