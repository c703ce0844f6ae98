using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.TFLite.Exporting;

/// <summary>Which ways to resize a channels-last image TFLite's two operators have.</summary>
internal static class ResizeForms
{
    public static bool IsHalf(Resize op) => op.Coordinates is CoordinateMode.HalfPixel or CoordinateMode.PytorchHalfPixel or CoordinateMode.TfHalfPixel;

    public static bool IsBilinear(Node node, Resize op) =>
        op is { Mode: ResizeMode.Linear, Antialias: false, Coordinates: CoordinateMode.HalfPixel or CoordinateMode.PytorchHalfPixel or CoordinateMode.AlignCorners or CoordinateMode.Asymmetric }
        && IsSpatial(node, op) && (op.Coordinates != CoordinateMode.PytorchHalfPixel || (op.Sizes[1] > 1 && op.Sizes[2] > 1));

    public static bool IsNearest(Node node, Resize op) => op.Mode == ResizeMode.Nearest && !op.Antialias && IsSpatial(node, op) && op.Coordinates switch
    {
        CoordinateMode.Asymmetric => op.Nearest == NearestMode.Floor,
        CoordinateMode.AlignCorners => op.Nearest == NearestMode.RoundPreferCeil,
        CoordinateMode.TfHalfPixel => op.Nearest == NearestMode.Floor,
        CoordinateMode.HalfPixel => op.Nearest is NearestMode.RoundPreferFloor or NearestMode.RoundPreferCeil && MeetsNoBorder(node, op, 1) && MeetsNoBorder(node, op, 2),
        _ => false,
    };

    /// <summary>Only rows and columns change, and by the ratio of their extents.</summary>
    private static bool IsSpatial(Node node, Resize op)
    {
        var shape = node.Inputs[0].Shape;
        return op.Sizes.Count == 4 && op.Sizes[0] == shape[0].Value && op.Sizes[3] == shape[3].Value && op.Scales[0] == 1 && op.Scales[3] == 1
            && Enumerable.Range(1, 2).All(i => (float)op.Scales[i] == (float)((double)op.Sizes[i] / shape[i].Value));
    }

    /// <summary>
    /// Whether no place lies halfway between two elements. Then rounding x - 1/2, which ONNX does, and x down, which TFLite does, choose the same.
    /// </summary>
    private static bool MeetsNoBorder(Node node, Resize op, int axis)
    {
        double step = (double)node.Inputs[0].Shape[axis].Value / op.Sizes[axis];
        for (long i = 0; i < op.Sizes[axis]; i++)
            if (Math.Abs(((i + 0.5) * step) - Math.Round((i + 0.5) * step)) < 1e-4)
                return false;
        return true;
    }
}
