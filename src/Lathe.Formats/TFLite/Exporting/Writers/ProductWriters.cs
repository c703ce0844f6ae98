using Lathe.Formats.TFLite.Importing;
using Lathe.Formats.TFLite.Writing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using static Lathe.Formats.TFLite.Reading.BuiltinOperator;

namespace Lathe.Formats.TFLite.Exporting.Writers;

/// <summary>Matrix products: with constant weights a layer, else of stacks of matrices.</summary>
internal static class ProductWriters
{
    private const int MaxRank = 5;

    public static void AddTo(ExportTable table)
    {
        table.Add<MatMul>(WriteFullyConnected, (node, _) => IsLayer(node));
        table.Add<MatMul>(
            (n, op) => n.Result(BATCH_MATMUL, n.Ins(), OptionsKind.BatchMatMul, new() { { 0, op.TransposeA }, { 1, op.TransposeB } }),
            (node, _) => node.Output.Element == DType.Float32 && node.Output.Type.Rank <= MaxRank && node.Inputs.All(i => i.Shape.ElementCount > 0));
    }

    /// <summary>Whether a product is one with a constant matrix, so that it can have a bias and an activation.</summary>
    public static bool IsLayer(Node node) =>
        Ops.Fused.MainOf(node.Op) is MatMul { TransposeA: false } && node.Output.Element == DType.Float32 && node.Inputs[1] is { Constant: not null, Type.Rank: 2 }
        && node.Inputs[0].Shape.ElementCount > 0 && node.Output.Shape.ElementCount > 0;

    /// <summary>Weights are [O, I].</summary>
    private static void WriteFullyConnected(NodeExport n, MatMul op)
    {
        int w = op.TransposeB ? n.In(1) : n.Permuted(1, 1, 0);
        int bias = n.HasBias ? n.In(2) : -1;
        bool keeps = n.OutputType.Rank > 2;
        n.Result(FULLY_CONNECTED, [n.In(0), w, bias], OptionsKind.FullyConnected, new() { { 0, (byte)n.Activation }, { 2, keeps ? true : null } });
    }
}
