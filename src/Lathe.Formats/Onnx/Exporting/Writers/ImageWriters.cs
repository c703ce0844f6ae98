using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Exporting.Writers;

/// <summary>Convolutions, pools and what else works on channels-first images.</summary>
internal static class ImageWriters
{
    public static void AddTo(ExportTable table)
    {
        table.Add<Conv>(1, (n, op) => n.Result("Conv", WithBias(n), [.. Attributes(op.Window), ("group", op.Groups)]), (node, op) => IsFirst(op.Layout) && CanSay(op.Window) && node.Output.Element.IsFloat);
        table.Add<ConvTranspose>(
            1,
            (n, op) => n.Result("ConvTranspose", WithBias(n), [.. Attributes(op.Window), ("output_padding", op.OutputPadding), ("group", op.Groups)]),
            (node, op) => IsFirst(op.Layout) && CanSay(op.Window) && node.Output.Element.IsFloat);
        table.Add<MaxPool>(10, (n, op) => n.Result("MaxPool", [.. Attributes(op.Window)]), (_, op) => IsFirst(op.Layout) && CanSay(op.Window));
        table.Add<MaxPool>(
            1, (n, op) => n.Result("MaxPool", [.. WithoutDilations(op.Window)]), (_, op) => IsFirst(op.Layout) && CanSay(op.Window) && op.Window.Dilations.All(d => d == 1));
        table.Add<AveragePool>(19, (n, op) => n.Result("AveragePool", [.. Attributes(op.Window), Counted(op)]), (_, op) => CanSay(op));
        table.Add<AveragePool>(7, (n, op) => n.Result("AveragePool", [.. WithoutDilations(op.Window), Counted(op)]), (_, op) => CanSay(op) && op.Window.Dilations.All(d => d == 1));
        table.Add<LpPool>(
            18, (n, op) => n.Result("LpPool", [.. Attributes(op.Window), ("p", (long)op.P)]), (_, op) => IsFirst(op.Layout) && CanSay(op.Window) && op.P == Math.Floor(op.P));
        table.Add<LpPool>(
            2,
            (n, op) => n.Result("LpPool", [.. WithoutDilations(op.Window), ("p", (long)op.P)]),
            (_, op) => IsFirst(op.Layout) && CanSay(op.Window) && op.P == Math.Floor(op.P) && op.Window.Dilations.All(d => d == 1));
        table.Add<LRN>(1, (n, op) => n.Result("LRN", ("size", op.Size), ("alpha", op.Alpha), ("beta", op.Beta), ("bias", op.Bias)));
        table.Add<DepthToSpace>(11, (n, op) => n.Result("DepthToSpace", ("blocksize", op.Block), ("mode", op.Crd ? "CRD" : "DCR")));
        table.Add<DepthToSpace>(1, (n, op) => n.Result("DepthToSpace", ("blocksize", op.Block)), (_, op) => !op.Crd);
        table.Add<SpaceToDepth>(1, (n, op) => n.Result("SpaceToDepth", ("blocksize", op.Block)));
        table.Add<Resize>(11, WriteResize, (node, op) => CanSay(node, op));
        table.Add<AffineGrid>(20, (n, op) => n.Result(
            "AffineGrid", [n.In(0), n.Ints("size", [n.Type(0).Shape[0].Value, 1, .. op.Extents])], ("align_corners", op.AlignCorners ? 1L : 0L)));
        table.Add<GridSample>(16, (n, op) => n.Result(
            "GridSample",
            ("mode", op.Mode switch { ResizeMode.Linear => n.Opset >= 20 ? "linear" : "bilinear", ResizeMode.Cubic => n.Opset >= 20 ? "cubic" : "bicubic", _ => "nearest" }),
            ("padding_mode", op.Padding.ToString().ToLowerInvariant()),
            ("align_corners", op.AlignCorners ? 1L : 0L)), (node, _) => node.Inputs[0].Type.Rank == 4);
        table.Add<RoiAlign>(16, (n, op) => n.Result("RoiAlign", [.. Region(op), ("coordinate_transformation_mode", op.HalfPixel ? "half_pixel" : "output_half_pixel")]));
        table.Add<RoiAlign>(10, (n, op) => n.Result("RoiAlign", [.. Region(op)]), (_, op) => !op.HalfPixel);
        table.Add<Col2Im>(18, (n, op) => n.Result(
            "Col2Im", [n.In(0), n.Ints("image", op.Extents), n.Ints("block", op.Window.Kernel)], [.. WithoutDilations(op.Window).Skip(1), ("dilations", op.Window.Dilations)]));
    }

    private static bool IsFirst(Layout layout) => layout == Layout.ChannelsFirst;

    /// <summary>ONNX has no negative padding in a window.</summary>
    private static bool CanSay(Window window) => window.PadsBefore.Concat(window.PadsAfter).All(p => p >= 0);

    /// <summary>Padding that makes the output as large as it is but does not count has no place in ONNX when the rest of it counts.</summary>
    private static bool CanSay(AveragePool op) =>
        IsFirst(op.Layout) && CanSay(op.Window) && (op.PadsCounted.Count == 0 || !op.CountIncludePad || op.PadsCounted == op.Window.PadsAfter);

    private static IEnumerable<string> WithBias(NodeExport n) => n.Bias() is { } bias ? [.. n.Ins(), bias] : n.Ins();

    private static IEnumerable<(string, object)> Attributes(Window window) => [.. WithoutDilations(window), ("dilations", window.Dilations)];

    private static IEnumerable<(string, object)> WithoutDilations(Window window) =>
        [("kernel_shape", window.Kernel), ("strides", window.Strides), ("pads", window.PadsBefore.Concat(window.PadsAfter))];

    private static (string, object) Counted(AveragePool op) => ("count_include_pad", op.CountIncludePad ? 1L : 0L);

    private static IEnumerable<(string, object)> Region(RoiAlign op) =>
    [
        ("mode", op.Max ? "max" : "avg"), ("output_height", op.Height), ("output_width", op.Width), ("sampling_ratio", op.SamplingRatio), ("spatial_scale", op.SpatialScale),
    ];

    /// <summary>Sizes are given where they imply the scales that the formulas use, else scales where they imply the sizes.</summary>
    private static bool CanSay(Node node, Resize op) =>
        op.Roi.Count == 0 && !op.Antialias && node.Inputs[0].Element.IsFloat
        && op.Coordinates is CoordinateMode.HalfPixel or CoordinateMode.AlignCorners or CoordinateMode.Asymmetric or CoordinateMode.PytorchHalfPixel
        && (HasImpliedScales(node, op) || HasImpliedSizes(node, op));

    private static bool HasImpliedScales(Node node, Resize op) =>
        op.Scales.Select((s, axis) => (float)s == (float)((double)op.Sizes[axis] / node.Inputs[0].Shape[axis].Value)).All(same => same);

    private static bool HasImpliedSizes(Node node, Resize op) =>
        op.Scales.Select((s, axis) => op.Sizes[axis] == (long)Math.Floor((float)s * node.Inputs[0].Shape[axis].Value)).All(same => same);

    private static void WriteResize(NodeExport n, Resize op)
    {
        string none = n.Constant("roi", Tensor.Vector<float>());
        bool bySize = HasImpliedScales(n.Node, op);
        string scales = n.Constant("scales", bySize ? Tensor.Vector<float>() : Tensor.Vector<float>([.. op.Scales.Select(s => (float)s)]));
        string[] inputs = bySize ? [n.In(0), none, n.Opset >= 13 ? "" : scales, n.Ints("sizes", op.Sizes)] : [n.In(0), none, scales];
        n.Result(
            "Resize",
            inputs,
            ("mode", op.Mode.ToString().ToLowerInvariant()),
            ("coordinate_transformation_mode", op.Coordinates switch
            {
                CoordinateMode.HalfPixel => "half_pixel",
                CoordinateMode.AlignCorners => "align_corners",
                CoordinateMode.PytorchHalfPixel => "pytorch_half_pixel",
                _ => "asymmetric",
            }),
            ("nearest_mode", op.Nearest switch
            {
                NearestMode.RoundPreferFloor => "round_prefer_floor",
                NearestMode.RoundPreferCeil => "round_prefer_ceil",
                NearestMode.Floor => "floor",
                _ => "ceil",
            }),
            ("cubic_coeff_a", op.CubicA),
            ("exclude_outside", op.ExcludeOutside ? 1L : 0L));
    }
}
