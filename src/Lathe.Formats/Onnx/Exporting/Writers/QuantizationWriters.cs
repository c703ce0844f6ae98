using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Exporting.Writers;

/// <summary>Quantized values and arithmetic on them.</summary>
internal static class QuantizationWriters
{
    public static void AddTo(ExportTable table)
    {
        table.Add<QuantizeLinear>(21, (n, op) => n.Result("QuantizeLinear", ("axis", (long)op.Axis), ("block_size", op.BlockSize)), (_, op) => !op.TiesAway);
        table.Add<QuantizeLinear>(13, (n, op) => n.Result("QuantizeLinear", ("axis", (long)op.Axis)), (node, op) => op.BlockSize == 0 && !op.TiesAway && IsByte(node.Output.Element));
        table.Add<QuantizeLinear>(10, (n, _) => n.Result("QuantizeLinear"), (node, op) => IsWhole(node, op.BlockSize) && !op.TiesAway && IsByte(node.Output.Element));
        table.Add<DequantizeLinear>(21, (n, op) => n.Result("DequantizeLinear", ("axis", (long)op.Axis), ("block_size", op.BlockSize)));
        table.Add<DequantizeLinear>(13, (n, op) => n.Result("DequantizeLinear", ("axis", (long)op.Axis)), (node, op) => op.BlockSize == 0 && IsOldSource(node));
        table.Add<DequantizeLinear>(10, (n, _) => n.Result("DequantizeLinear"), (node, op) => IsWhole(node, op.BlockSize) && IsOldSource(node));
        table.Add<DynamicQuantizeLinear>(11, "DynamicQuantizeLinear");
        table.Add<MatMulInteger>(10, "MatMulInteger");
        table.Add<ConvInteger>(10, (n, op) => n.Result("ConvInteger", Window(op.Window, op.Groups)), (_, op) => op.Layout == Layout.ChannelsFirst);
        table.Add<QLinearMatMul>(10, "QLinearMatMul");
        table.Add<QLinearConv>(10, (n, op) => n.Result("QLinearConv", Window(op.Window, op.Groups)), (_, op) => op.Layout == Layout.ChannelsFirst);
    }

    private static bool IsByte(DType type) => type is DType.Int8 or DType.UInt8;

    private static bool IsOldSource(Node node) => node.Inputs[0].Element is DType.Int8 or DType.UInt8 or DType.Int32;

    /// <summary>One scale for all elements.</summary>
    private static bool IsWhole(Node node, long blockSize) => blockSize == 0 && node.Inputs[1].Shape.ElementCount == 1;

    private static (string, object)[] Window(Window window, long groups) =>
    [
        ("kernel_shape", window.Kernel), ("strides", window.Strides), ("pads", window.PadsBefore.Concat(window.PadsAfter)), ("dilations", window.Dilations), ("group", groups),
    ];
}
