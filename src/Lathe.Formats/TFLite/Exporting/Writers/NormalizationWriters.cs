using Lathe.Formats.TFLite.Exporting.Ops;
using Lathe.Formats.TFLite.Writing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using static Lathe.Formats.TFLite.Reading.BuiltinOperator;

namespace Lathe.Formats.TFLite.Exporting.Writers;

/// <summary>Normalizations that TFLite has an operator for, along the last axis.</summary>
internal static class NormalizationWriters
{
    public static void AddTo(ExportTable table)
    {
        table.Add<Softmax>((n, _) => WriteSoftmax(n, 1), (node, op) => IsLast(node, op.Axis));
        table.Add<ScaledSoftmax>((n, op) => WriteSoftmax(n, (float)op.Beta), (node, _) => node.Output.Element == DType.Float32);
        table.Add<LogSoftmax>((n, _) => n.Result(LOG_SOFTMAX, n.Ins(), OptionsKind.LogSoftmax), (node, op) => IsLast(node, op.Axis));
        table.Add<L2Normalization>((n, _) => n.Result(L2_NORMALIZATION, n.Ins(), OptionsKind.L2Norm, []), (node, _) => node.Output.Element == DType.Float32);
        table.Add<LRN>(
            (n, op) => n.Result(
                LOCAL_RESPONSE_NORMALIZATION,
                n.Ins(),
                OptionsKind.LocalResponseNormalization,
                new() { { 0, (int)(op.Size / 2) }, { 1, (float)op.Bias }, { 2, (float)(op.Alpha / op.Size) }, { 3, (float)op.Beta } }),
            (node, op) => node.Output.Element == DType.Float32 && node.Output.Type.Rank == 4 && op.Layout == Layout.ChannelsLast && op.Size % 2 == 1 && op.Size < int.MaxValue);
    }

    private static void WriteSoftmax(NodeExport n, float beta) => n.Result(SOFTMAX, n.Ins(), OptionsKind.Softmax, new() { { 0, beta } });

    private static bool IsLast(Node node, int axis) => node.Output.Element == DType.Float32 && axis == node.Output.Type.Rank - 1 && node.Output.Type.Rank is >= 1 and <= 4;
}
