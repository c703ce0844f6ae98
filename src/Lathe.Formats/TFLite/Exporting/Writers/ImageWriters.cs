using Lathe.Formats.TFLite.Exporting.Ops;
using Lathe.Formats.TFLite.Writing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using static Lathe.Formats.TFLite.Reading.BuiltinOperator;

namespace Lathe.Formats.TFLite.Exporting.Writers;

/// <summary>Convolutions, pools and what else works on channels-last images.</summary>
internal static class ImageWriters
{
    private static readonly DType[] Moved = [DType.Float32, DType.UInt8, DType.Int8, DType.Int32, DType.Int64];

    public static void AddTo(ExportTable table)
    {
        table.Add<Conv>(WriteDepthwise, (node, op) => CanWriteConv(node, op, 4) && IsDepthwise(node, op));
        table.Add<Conv>(WriteConv2D, (node, op) => CanWriteConv(node, op, 4));
        table.Add<Conv>(WriteConv3D, (node, op) => CanWriteConv(node, op, 5) && op.Groups == 1);
        table.Add<ConvTranspose>(WriteTransposeConv, CanWriteTransposed);
        table.Add<MaxPool>((n, op) => n.Result(MAX_POOL_2D, n.Ins(), OptionsKind.Pool2D, Pool(n, op.Window)), (node, op) => IsFloatImage(node, 4) && CanPool(node, op.Window, op.Layout));
        table.Add<AveragePool>(
            (n, op) => n.Result(AVERAGE_POOL_2D, n.Ins(), OptionsKind.Pool2D, Pool(n, op.Window)),
            (node, op) => IsFloatImage(node, 4) && CanPool(node, op.Window, op.Layout)
                && (!op.CountIncludePad || Paddings.Of(op.Window, node.Inputs[0].Shape, node.Output.Shape) == Paddings.Valid));
        table.Add<Resize>(
            (n, op) => n.Result(RESIZE_BILINEAR, [n.In(0), Size(n, op)], OptionsKind.ResizeBilinear, new() { { 2, op.Coordinates == CoordinateMode.AlignCorners }, { 3, ResizeForms.IsHalf(op) } }),
            (node, op) => IsFloatImage(node, 4) && ResizeForms.IsBilinear(node, op));
        table.Add<Resize>(
            (n, op) => n.Result(RESIZE_NEAREST_NEIGHBOR, [n.In(0), Size(n, op)], OptionsKind.ResizeNearestNeighbor, new() { { 0, op.Coordinates == CoordinateMode.AlignCorners }, { 1, ResizeForms.IsHalf(op) } }),
            (node, op) => IsFloatImage(node, 4) && ResizeForms.IsNearest(node, op));
        table.Add<DepthToSpace>(
            (n, op) => n.Result(DEPTH_TO_SPACE, n.Ins(), OptionsKind.DepthToSpace, new() { { 0, (int)op.Block } }),
            (node, op) => Moved.Contains(node.Output.Element) && !op.Crd && op.Layout == Layout.ChannelsLast);
        table.Add<SpaceToDepth>(
            (n, op) => n.Result(SPACE_TO_DEPTH, n.Ins(), OptionsKind.SpaceToDepth, new() { { 0, (int)op.Block } }),
            (node, op) => Moved.Contains(node.Output.Element) && op.Layout == Layout.ChannelsLast);
    }

    private static bool IsFloatImage(Node node, int rank) => node.Output.Element == DType.Float32 && node.Output.Type.Rank == rank && node.Inputs[0].Shape.ElementCount > 0;

    private static bool CanWriteConv(Node node, Conv op, int rank) =>
        IsFloatImage(node, rank) && op.Layout == Layout.ChannelsLast && node.Inputs[1].Shape.ElementCount > 0 && Paddings.Of(op.Window, node.Inputs[0].Shape, node.Output.Shape) is not null;

    private static bool CanPool(Node node, Window window, Layout layout) =>
        layout == Layout.ChannelsLast && window.Dilations.All(d => d == 1) && Paddings.Of(window, node.Inputs[0].Shape, node.Output.Shape) is not null;

    private static bool IsDepthwise(Node node, Conv op) => op.Groups > 1 && node.Inputs[1].Shape[2].Value == 1;

    /// <summary>Weights [H, W, I, O] are stored [O, H, W, I].</summary>
    private static void WriteConv2D(NodeExport n, Conv op) => n.Result(CONV_2D, [n.In(0), n.Permuted(1, 3, 0, 1, 2), Bias(n)], OptionsKind.Conv2D, new()
    {
        { 0, Padding(n, op.Window) }, { 1, (int)op.Window.Strides[1] }, { 2, (int)op.Window.Strides[0] }, { 3, (byte)n.Activation },
        { 4, (int)op.Window.Dilations[1] }, { 5, (int)op.Window.Dilations[0] },
    });

    /// <summary>Weights [H, W, 1, O] are stored [1, H, W, O].</summary>
    private static void WriteDepthwise(NodeExport n, Conv op) => n.Result(DEPTHWISE_CONV_2D, [n.In(0), n.Permuted(1, 2, 0, 1, 3), Bias(n)], OptionsKind.DepthwiseConv2D, new()
    {
        { 0, Padding(n, op.Window) }, { 1, (int)op.Window.Strides[1] }, { 2, (int)op.Window.Strides[0] }, { 3, (int)(n.OutputType.Shape[3].Value / op.Groups) },
        { 4, (byte)n.Activation }, { 5, (int)op.Window.Dilations[1] }, { 6, (int)op.Window.Dilations[0] },
    });

    /// <summary>Weights are stored as they are, [D, H, W, I, O].</summary>
    private static void WriteConv3D(NodeExport n, Conv op) => n.Result(CONV_3D, [n.In(0), n.In(1), Bias(n)], OptionsKind.Conv3D, new()
    {
        { 0, Padding(n, op.Window) }, { 1, (int)op.Window.Strides[0] }, { 2, (int)op.Window.Strides[2] }, { 3, (int)op.Window.Strides[1] }, { 4, (byte)n.Activation },
        { 5, (int)op.Window.Dilations[0] }, { 6, (int)op.Window.Dilations[2] }, { 7, (int)op.Window.Dilations[1] },
    });

    /// <summary>Runtimes that speed convolutions up ask for a bias, so there is always one.</summary>
    private static int Bias(NodeExport n) => n.HasBias ? n.In(2) : n.Constant("bias", Tensor.Zeros(DType.Float32, [n.OutputType.Shape[^1]]));

    private static byte Padding(NodeExport n, Window window) => (byte)Paddings.Of(window, n.Type(0).Shape, n.OutputType.Shape)!;

    private static FlatNode Pool(NodeExport n, Window window) => new()
    {
        { 0, Padding(n, window) }, { 1, (int)window.Strides[1] }, { 2, (int)window.Strides[0] }, { 3, (int)window.Kernel[1] }, { 4, (int)window.Kernel[0] }, { 5, (byte)n.Activation },
    };

    private static int Size(NodeExport n, Resize op) => n.Ints("size", op.Sizes[1], op.Sizes[2]);

    private static bool CanWriteTransposed(Node node, ConvTranspose op)
    {
        int axes = op.Window.Rank;
        return axes is 2 or 3 && IsFloatImage(node, axes + 2) && op.Layout == Layout.ChannelsLast && op.Groups == 1 && op.Window.Dilations.All(d => d == 1) && node.Inputs[1].Shape.ElementCount > 0
            && op.Window.PadsBefore.All(p => p >= 0) && Enumerable.Range(0, axes).All(i => Whole(node.Inputs[0].Shape, node.Output.Shape, op.Window, i) - Reached(node.Inputs[0].Shape, op.Window, i) < op.Window.Strides[i]);
    }

    /// <summary>
    /// Weights [H, W, I, O] are stored [O, H, W, I], those of volumes [D, H, W, O, I]. A padding that is neither of the two is cut off after an image without padding.
    /// </summary>
    private static void WriteTransposeConv(NodeExport n, ConvTranspose op)
    {
        var (input, output) = (n.Type(0).Shape, n.OutputType.Shape);
        int axes = op.Window.Rank;
        var (code, kind) = axes == 2 ? (TRANSPOSE_CONV, OptionsKind.TransposeConv) : (CONV_3D_TRANSPOSE, OptionsKind.Conv3D);
        int weights = axes == 2 ? n.Permuted(1, 3, 0, 1, 2) : n.Permuted(1, 0, 1, 2, 4, 3);
        int[] Operands(Shape shape) => [n.Ints("output_shape", shape.ToArray()), weights, n.In(0), .. n.HasBias ? [n.In(2)] : Array.Empty<int>()];
        FlatNode Options(byte padding) => axes == 2
            ? new() { { 0, padding }, { 1, (int)op.Window.Strides[1] }, { 2, (int)op.Window.Strides[0] } }
            : new() { { 0, padding }, { 1, (int)op.Window.Strides[0] }, { 2, (int)op.Window.Strides[2] }, { 3, (int)op.Window.Strides[1] }, { 5, 1 }, { 6, 1 }, { 7, 1 } };
        // Its padding is that of the convolution from its output to its input.
        if (Paddings.Of(op.Window, output, input) is { } padding)
        {
            n.Result(code, Operands(output), kind, Options(padding));
            return;
        }
        Shape whole = [output[0], .. Enumerable.Range(0, axes).Select(i => (Dim)Whole(input, output, op.Window, i)), output[^1]];
        int all = n.Emit(code, n.OutputType.WithShape(whole), Operands(whole), kind, Options(Paddings.Valid));
        n.Result(SLICE, [all, n.Ints("begin", [0, .. op.Window.PadsBefore, 0]), n.Ints("size", output.ToArray())], OptionsKind.Slice);
    }

    /// <summary>As far as the data reaches along a spatial axis.</summary>
    private static long Reached(Shape input, Window window, int i) => ((input[1 + i].Value - 1) * window.Strides[i]) + window.Kernel[i];

    /// <summary>The extent of the image without padding that the output is cut out of.</summary>
    private static long Whole(Shape input, Shape output, Window window, int i) => Math.Max(Reached(input, window, i), window.PadsBefore[i] + output[1 + i].Value);
}
