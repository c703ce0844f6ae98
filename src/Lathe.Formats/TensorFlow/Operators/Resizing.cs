using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Images sampled anew at another size, channels last. All but the nearest neighbours are computed in f32.</summary>
internal static class Resizing
{
    public static Value Bilinear(NodeContext node) => node.Builder.ResizedBilinear(Real(node), Size(node), Corners(node), Halves(node));

    public static Value NearestNeighbor(NodeContext node) => node.Builder.ResizedNearest(node.In(0), Size(node), Corners(node), Halves(node));

    public static Value Bicubic(NodeContext node) => node.Builder.ResizedBicubic(node.In(0), Size(node), Corners(node), Halves(node));

    public static Value Area(NodeContext node) => node.Builder.ResizedByArea(node.In(0), Size(node), Corners(node));

    /// <summary>Each axis scaled and moved. Operands: images, size, scale, translation. Pixels outside count nothing; a pixel whose own place lies outside is 0.</summary>
    public static Value ScaleAndTranslate(NodeContext node)
    {
        double[] Pair(int input, string what) => node.Constant(input, what) is { Count: 2 } pair ? pair.ToDoubleArray() : throw Misfit.Of($"its {what} should be two numbers");
        return node.Builder.ResizedByKernel(
            node.In(0), Size(node), Pair(2, "scale"), Pair(3, "translation"), node.Attributes.Text("kernel_type", "lanczos3"), node.Attributes.Flag("antialias", otherwise: true));
    }

    private static Value Real(NodeContext node) => node.In(0).Element == DType.Float32 ? node.In(0) : node.Add(new Cast(DType.Float32), node.In(0));

    private static long[] Size(NodeContext node) => node.Ints(1, "size");

    private static bool Corners(NodeContext node) => node.Attributes.Flag("align_corners");

    private static bool Halves(NodeContext node) => node.Attributes.Flag("half_pixel_centers");
}
