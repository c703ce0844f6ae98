using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.Importing;

/// <summary>Images with channels last sampled anew at another size, with TensorFlow's coordinates.</summary>
internal static class Resizes
{
    extension(GraphBuilder b)
    {
        public Value ResizedBilinear(Value x, long[] size, bool alignCorners, bool halfPixels)
        {
            var mode = halfPixels ? CoordinateMode.HalfPixel : alignCorners ? CoordinateMode.AlignCorners : CoordinateMode.Asymmetric;
            return Resized(b, x, size, alignCorners, ResizeMode.Linear, mode, NearestMode.Floor);
        }

        public Value ResizedNearest(Value x, long[] size, bool alignCorners, bool halfPixels)
        {
            var mode = halfPixels ? CoordinateMode.TfHalfPixel : alignCorners ? CoordinateMode.AlignCorners : CoordinateMode.Asymmetric;
            return Resized(b, x, size, alignCorners, ResizeMode.Nearest, mode, alignCorners ? NearestMode.RoundPreferCeil : NearestMode.Floor);
        }

        /// <summary>The rows and columns to make of an image of rank 4.</summary>
        public static (long Rows, long Columns) ImageSize(Value x, long[] size) => x.Type.Rank == 4 && size.Length == 2 && size.All(s => s >= 1)
            ? (size[0], size[1])
            : throw Misfit.Of($"{x.Type} cannot become {Misfit.List(size)}");
    }

    private static Value Resized(
        GraphBuilder b, Value x, long[] size, bool alignCorners, ResizeMode mode, CoordinateMode coordinates, NearestMode nearest)
    {
        var (rows, columns) = GraphBuilder.ImageSize(x, size);
        if (alignCorners && coordinates != CoordinateMode.AlignCorners)
            throw Misfit.Of("corners and half pixels cannot both be aligned");
        double[] scales = [1, (double)rows / x.Shape[1].Value, (double)columns / x.Shape[2].Value, 1];
        return b.Add(new Resize([x.Shape[0].Value, rows, columns, x.Shape[3].Value], scales, mode, coordinates, nearest), x);
    }
}
