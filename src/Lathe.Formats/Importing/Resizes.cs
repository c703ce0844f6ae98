using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

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

        /// <summary>Each pixel is the mean of the area that it stands for.</summary>
        public Value ResizedByArea(Value x, long[] size, bool alignCorners) => Weighted(b, x, size, alignCorners, (i, extent, scale) =>
            Enumerable.Range(0, (int)(Math.Ceiling((i + 1) * scale) - Math.Floor(i * scale)))
                .Select(j => j + (long)Math.Floor(i * scale))
                .Select(j => (Math.Min(j, extent - 1), (Math.Min((i + 1) * scale, j + 1) - Math.Max(i * scale, j)) / scale)));

        /// <summary>
        /// A cubic through four pixels (Keys, 1981), whose places between pixels TensorFlow rounds to 1024ths: of a = -0.75 with the border repeated, or with half pixels of a = -0.5 with pixels
        /// outside left out.
        /// </summary>
        public Value ResizedBicubic(Value x, long[] size, bool alignCorners, bool halfPixels)
        {
            double a = halfPixels ? -0.5 : -0.75;
            double Near(double at) => ((((a + 2) * at) - (a + 3)) * at * at) + 1;
            double Far(double at) => (((((a * at) - (5 * a)) * at) + (8 * a)) * at) - (4 * a);
            return Weighted(b, x, size, alignCorners, (i, extent, scale) =>
            {
                double place = halfPixels ? ((i + 0.5) * scale) - 0.5 : i * scale;
                long from = (long)Math.Floor(place);
                double at = Math.Round((place - from) * 1024) / 1024;
                (long Place, double Weight)[] taps = [(from - 1, Far(1 + at)), (from, Near(at)), (from + 1, Near(1 - at)), (from + 2, Far(2 - at))];
                if (!halfPixels)
                    return taps.Select(t => (Math.Clamp(t.Place, 0, extent - 1), t.Weight));
                taps = [.. taps.Where(t => t.Place >= 0 && t.Place < extent)];
                double sum = taps.Sum(t => t.Weight);
                return taps.Select(t => (t.Place, t.Weight / sum));
            });
        }

        /// <summary>
        /// Each axis scaled and moved, as TensorFlow does with a kernel by its name: a pixel is the mean of those around its place, weighed by the kernel, which is wider where the image shrinks and
        /// <paramref name="antialias"/> is set. Places outside the image are 0.
        /// </summary>
        public Value ResizedByKernel(Value x, long[] size, double[] scales, double[] translations, string kernel, bool antialias)
        {
            var (radius, weigh) = SamplingKernel(kernel);
            if (scales.Any(s => !(s > 0 && double.IsFinite(s))) || !translations.All(double.IsFinite))
                throw Misfit.Of("scales must be positive");
            Func<long, long, double, IEnumerable<(long Place, double Weight)>> Taps(int axis) => (i, extent, _) =>
            {
                double step = 1 / scales[axis], width = antialias ? Math.Max(step, 1) : 1, place = ((i + 0.5) * step) - (step * translations[axis]);
                if (place < 0 || place > extent)
                    return [];
                long first = Math.Max(0, (long)Math.Ceiling(place - (radius * width) - 0.5)), last = Math.Min(extent - 1, (long)Math.Floor(place + (radius * width) - 0.5));
                (long Place, double Weight)[] taps = [.. Enumerable.Range(0, (int)Math.Max(0, last - first + 1)).Select(k => (first + k, weigh(Math.Abs(first + k + 0.5 - place) / width)))];
                double sum = taps.Sum(t => t.Weight);
                return Math.Abs(sum) < 1000 * 1.17549435e-38 ? [] : taps.Select(t => (t.Place, t.Weight / sum));
            };
            return Weighted(b, x, size, alignCorners: false, Taps(0), Taps(1));
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

    /// <summary>Rows and columns as sums of pixels, in f32, whose weights by place along an axis a function gives.</summary>
    private static Value Weighted(
        GraphBuilder b, Value x, long[] size, bool alignCorners, Func<long, long, double, IEnumerable<(long Place, double Weight)>> taps, Func<long, long, double, IEnumerable<(long Place, double Weight)>>? across = null)
    {
        var (rows, columns) = GraphBuilder.ImageSize(x, size);
        if (x.Element != DType.Float32)
            x = b.Add(new Cast(DType.Float32), x);
        x = b.Add(new Einsum("yh,nhwc->nywc"), Weights(b, x.Shape[1].Value, rows, alignCorners, taps), x);
        return b.Add(new Einsum("xw,nhwc->nhxc"), Weights(b, x.Shape[2].Value, columns, alignCorners, across ?? taps), x);
    }

    /// <summary>How far a kernel reaches, and its weight by the distance, in pixels.</summary>
    private static (double Radius, Func<double, double> Weight) SamplingKernel(string name)
    {
        static double Lanczos(double x, double radius) => x > radius ? 0 : x <= 1e-3 ? 1 : radius * Math.Sin(Math.PI * x) * Math.Sin(Math.PI * x / radius) / (Math.PI * Math.PI * x * x);
        static double Cubic(double x, double b, double c) => x >= 2 ? 0 : x >= 1
            ? (((((-b - (6 * c)) * x) + (6 * b) + (30 * c)) * x * x) + (((-12 * b) - (48 * c)) * x) + (8 * b) + (24 * c)) / 6
            : (((((12 - (9 * b) - (6 * c)) * x) - 18 + (12 * b) + (6 * c)) * x * x) + 6 - (2 * b)) / 6;
        return name switch
        {
            "lanczos1" => (1, x => Lanczos(x, 1)),
            "lanczos3" => (3, x => Lanczos(x, 3)),
            "lanczos5" => (5, x => Lanczos(x, 5)),
            "gaussian" => (1.5, x => x >= 1.5 ? 0 : Math.Exp(-x * x / (2 * 0.5 * 0.5))),
            "box" => (1, x => x < 0.5 ? 1 : x == 0.5 ? 0.5 : 0),
            "triangle" => (1, x => Math.Max(0, 1 - x)),
            "keyscubic" => (2, x => Cubic(x, 0, 0.5)),
            "mitchellcubic" => (2, x => Cubic(x, 1 / 3.0, 1 / 3.0)),
            _ => throw new UnsupportedException("LATHE3501", $"the kernel '{name}' is not supported"),
        };
    }

    private static Value Weights(GraphBuilder b, long extent, long size, bool alignCorners, Func<long, long, double, IEnumerable<(long Place, double Weight)>> taps)
    {
        double scale = alignCorners && size > 1 ? (extent - 1) / (double)(size - 1) : extent / (double)size;
        if (extent * size > KnownValues.MaxElements)
            throw new UnsupportedException("LATHE3501", $"{size} places of {extent} pixels are not supported");
        var weights = Tensor.Zeros(DType.Float32, [size, extent]);
        for (long i = 0; i < size; i++)
            foreach (var (place, weight) in taps(i, extent, scale))
                weights.SetDouble((i * extent) + place, weights.GetDouble((i * extent) + place) + weight);
        return b.Constant(weights);
    }
}
