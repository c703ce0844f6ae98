using Google.Protobuf;
using Lathe.Formats.Onnx.Exporting;
using Lathe.Formats.Onnx.Protobuf;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx;

/// <summary>
/// Writes graphs as ONNX models. Names of inputs, outputs and nodes are the graph's; what an operator set cannot say in one operator is written
/// as several.
/// </summary>
public static class OnnxExporter
{
    /// <summary>The operator sets that can be written.</summary>
    public const int OldestOpset = 7, NewestOpset = 22;

    /// <summary>Understood by every runtime of the last years, and has an operator for most of what networks compute.</summary>
    public const int DefaultOpset = 17;

    /// <summary>A protobuf message ends at 2 GB.</summary>
    private const long MaxBytes = int.MaxValue;

    /// <summary>
    /// The file's content. Throws an <see cref="UnsupportedException"/> that lists every node which the operator set cannot say, and the oldest set that can.
    /// </summary>
    public static byte[] Export(Graph graph, int opset = DefaultOpset)
    {
        if (opset is < OldestOpset or > NewestOpset)
            throw new ModelException("LATHE3300", $"operator set {opset} cannot be written", $"choose one from {OldestOpset} to {NewestOpset}");
        var prepared = ExportForm.Of(graph, opset);
        CheckSupport(graph, prepared, opset);
        CheckSize(prepared);
        var model = new ModelProto { IrVersion = IrVersion(opset), ProducerName = "lathe", Graph = GraphWriter.Write(prepared, opset) };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = opset });
        return model.ToByteArray();
    }

    /// <summary>Writes the file; it appears under its name when it is complete.</summary>
    public static void Save(Graph graph, string path, int opset = DefaultOpset) => AtomicFile.WriteAllBytes(path, Export(graph, opset));

    private static void CheckSupport(Graph graph, Graph prepared, int opset)
    {
        var missing = prepared.AllNodes.Where(n => n.Op is not (Input or Constant) && !ExportTable.CanWrite(n, opset)).ToList();
        if (missing.Count == 0)
            return;
        int newer = Enumerable.Range(opset + 1, NewestOpset - opset)
            .FirstOrDefault(o => ExportForm.Of(graph, o).AllNodes.All(n => n.Op is Input or Constant || ExportTable.CanWrite(n, o)));
        throw new UnsupportedException(
            "LATHE3301",
            $"ONNX operator set {opset} has no operators for these nodes:",
            missing.Select(n => n.ToString()).Distinct().ToEquatableArray(),
            newer > 0 ? $"operator set {newer} has: --opset {newer}" : null);
    }

    private static void CheckSize(Graph graph)
    {
        long bytes = graph.AllNodes.Sum(n => (n.Op as Constant)?.Tensor.Bytes.Length ?? 0L);
        if (bytes > MaxBytes - (64 << 20))
            throw new UnsupportedException("LATHE3302", $"the model has {bytes / 1e9:F1} GB of weights, and an ONNX file holds 2 GB", next: "weights in half precision take half of it");
    }

    /// <summary>The IR version that came with an operator set, but at least the first in which a constant need not be an input too.</summary>
    private static long IrVersion(int opset) => opset switch
    {
        7 or 8 or 9 => 4,
        10 => 5,
        11 => 6,
        12 or 13 or 14 => 7,
        15 or 16 or 17 or 18 => 8,
        19 or 20 => 9,
        _ => 10,
    };
}
