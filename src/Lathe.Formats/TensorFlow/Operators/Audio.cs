using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Spectra of sound. Transforms are products with constant matrices.</summary>
internal static class Audio
{
    /// <summary>Samples [time, channels] to the magnitudes [channels, frames, frequencies] of Hann-windowed stretches, filled up with zeros to a power of two.</summary>
    public static Value Spectrogram(NodeContext node)
    {
        var x = node.In(0);
        long window = node.Attributes.Int("window_size"), stride = node.Attributes.Int("stride");
        if (x.Type.Rank != 2 || window is < 2 or > 1 << 14 || stride < 1 || window > x.Shape[0].Value)
            node.Fail($"a window of {window} samples every {stride} does not suit {x.Type}");
        long frames = ((x.Shape[0].Value - window) / stride) + 1, points = (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)window), bins = (points / 2) + 1;
        var places = Tensor.Zeros(DType.Int64, [frames, window]);
        for (long i = 0; i < places.Count; i++)
            places.SetInt64(i, (i / window * stride) + (i % window));
        var stretches = node.Add(new Gather(1), node.Permuted(x, 1, 0), node.Constant(places));
        Value Wave(Func<double, double> wave) => node.Constant(Matrix(window, bins, (time, bin) =>
            (0.5 - (0.5 * Math.Cos(2 * Math.PI * time / window))) * wave(2 * Math.PI * (time * bin % points) / points)));
        var power = node.Add(
            new Add(),
            node.Builder.Squared(node.Add(new MatMul(), stretches, Wave(Math.Cos))),
            node.Builder.Squared(node.Add(new MatMul(), stretches, Wave(Math.Sin))));
        return node.Attributes.Flag("magnitude_squared") ? power : node.Add(new Sqrt(), power);
    }

    /// <summary>Mel-frequency cepstral coefficients of squared magnitudes (Davis and Mermelstein, 1980): overlapping triangles of frequencies, their logarithms, a cosine transform.</summary>
    public static Value Mfcc(NodeContext node)
    {
        var x = node.In(0);
        double rate = node.Number(1, "sample rate");
        long bins = x.Type.Rank == 3 ? x.Shape[2].Value : 0, bands = node.Attributes.Int("filterbank_channel_count", 40), coefficients = node.Attributes.Int("dct_coefficient_count", 13);
        if (bins < 2 || bands is < 1 or > 1 << 12 || coefficients < 1 || coefficients > bands || rate <= 0)
            node.Fail($"{coefficients} coefficients of {bands} bands do not suit {x.Type} at {rate} Hz");
        var filters = Triangles(bins, bands, rate, node.Attributes.Float("lower_frequency_limit", 20), node.Attributes.Float("upper_frequency_limit", 4000));
        var banded = node.Add(new MatMul(), node.Add(new Sqrt(), x), node.Constant(filters));
        var logarithms = node.Add(new Log(), node.Add(new Max(), banded, node.ScalarLike(1e-12, x)));
        var cosines = Matrix(bands, coefficients, (band, i) => Math.Sqrt(2.0 / bands) * Math.Cos(i * Math.PI / bands * (band + 0.5)));
        return node.Add(new MatMul(), logarithms, node.Constant(cosines));
    }

    /// <summary>The share of each frequency in each band: triangles of equal width on the mel scale, each from the centre of the band before to the centre of the one after.</summary>
    private static Tensor Triangles(long bins, long bands, double rate, double lower, double upper)
    {
        static double Mel(double frequency) => 1127 * Math.Log(1 + (frequency / 700));
        double width = 0.5 * rate / (bins - 1), low = Mel(lower), spacing = (Mel(upper) - low) / (bands + 1);
        long first = (long)(1.5 + (lower / width)), last = (long)(upper / width);
        return Matrix(bins, bands, (bin, band) =>
        {
            if (bin < first || bin > last)
                return 0;
            double away = ((Mel(bin * width) - low) / spacing) - (band + 1);
            return Math.Max(0, 1 - Math.Abs(away));
        });
    }

    private static Tensor Matrix(long rows, long columns, Func<long, long, double> element)
    {
        if (rows * columns > KnownValues.MaxElements * 4)
            throw new UnsupportedException("LATHE3501", $"a transform of {rows} by {columns} elements is not supported");
        var matrix = Tensor.Zeros(DType.Float32, [rows, columns]);
        for (long row = 0; row < rows; row++)
            for (long column = 0; column < columns; column++)
                matrix.SetDouble((row * columns) + column, element(row, column));
        return matrix;
    }
}
