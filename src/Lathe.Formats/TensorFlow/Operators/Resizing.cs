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

    /// <summary>Each pixel is the mean of the area that it stands for.</summary>
    public static Value Area(NodeContext node) => Weighted(node, (i, extent, scale) => Enumerable.Range(0, (int)(Math.Ceiling((i + 1) * scale) - Math.Floor(i * scale)))
        .Select(j => j + (long)Math.Floor(i * scale))
        .Select(j => (Math.Min(j, extent - 1), (Math.Min((i + 1) * scale, j + 1) - Math.Max(i * scale, j)) / scale)));

    /// <summary>
    /// A cubic through four pixels (Keys, 1981), whose places between pixels TensorFlow rounds to 1024ths: of a = -0.75 with the border repeated, or with half pixels of a = -0.5 with pixels
    /// outside left out.
    /// </summary>
    public static Value Bicubic(NodeContext node)
    {
        bool halves = Halves(node);
        double a = halves ? -0.5 : -0.75;
        double Near(double x) => ((((a + 2) * x) - (a + 3)) * x * x) + 1;
        double Far(double x) => ((((a * x) - (5 * a)) * x) + (8 * a)) * x - (4 * a);
        return Weighted(node, (i, extent, scale) =>
        {
            double place = halves ? ((i + 0.5) * scale) - 0.5 : i * scale;
            long from = (long)Math.Floor(place);
            double x = Math.Round((place - from) * 1024) / 1024;
            (long, double)[] taps = [(from - 1, Far(1 + x)), (from, Near(x)), (from + 1, Near(1 - x)), (from + 2, Far(2 - x))];
            if (!halves)
                return taps.Select(t => (Math.Clamp(t.Item1, 0, extent - 1), t.Item2));
            taps = [.. taps.Where(t => t.Item1 >= 0 && t.Item1 < extent)];
            double sum = taps.Sum(t => t.Item2);
            return taps.Select(t => (t.Item1, t.Item2 / sum));
        });
    }

    /// <summary>Rows and columns as sums of pixels, whose weights by place along an axis a function gives.</summary>
    private static Value Weighted(NodeContext node, Func<long, long, double, IEnumerable<(long Place, double Weight)>> taps)
    {
        var x = Real(node);
        var (rows, columns) = GraphBuilder.ImageSize(x, Size(node));
        x = node.Add(new Einsum("yh,nhwc->nywc"), Weights(node, x.Shape[1].Value, rows, taps), x);
        return node.Add(new Einsum("xw,nhwc->nhxc"), Weights(node, x.Shape[2].Value, columns, taps), x);
    }

    private static Value Weights(NodeContext node, long extent, long size, Func<long, long, double, IEnumerable<(long Place, double Weight)>> taps)
    {
        double scale = Corners(node) && size > 1 ? (extent - 1) / (double)(size - 1) : extent / (double)size;
        if (extent * size > KnownValues.MaxElements)
            throw node.Unsupported($"{size} places of {extent} pixels are not supported");
        var weights = Tensor.Zeros(DType.Float32, [size, extent]);
        for (long i = 0; i < size; i++)
            foreach (var (place, weight) in taps(i, extent, scale))
                weights.SetDouble((i * extent) + place, weights.GetDouble((i * extent) + place) + weight);
        return node.Constant(weights);
    }

    private static Value Real(NodeContext node) => node.In(0).Element == DType.Float32 ? node.In(0) : node.Add(new Cast(DType.Float32), node.In(0));

    private static long[] Size(NodeContext node) => node.Ints(1, "size");

    private static bool Corners(NodeContext node) => node.Attributes.Flag("align_corners");

    private static bool Halves(NodeContext node) => node.Attributes.Flag("half_pixel_centers");
}
