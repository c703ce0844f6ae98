namespace Lathe.Cli.Images;

/// <summary>
/// Bilinear resizing with half-pixel centres, one output row at a time: pixel i of the output lies at
/// (i + 0.5) * in / out - 0.5 of the input, edges extended. When shrinking with antialiasing the triangle is as wide as
/// the pixels that it covers (Pillow's BILINEAR, without its rounding to 8 bits between the axes).
/// </summary>
internal sealed class ImageResizer
{
    private readonly RgbImage _image;
    private readonly Taps[] _columns;
    private readonly Taps[] _rows;
    private readonly float[] _column;

    public ImageResizer(RgbImage image, ImageTensorOptions options)
    {
        _image = image;
        _column = new float[3 * image.Width];
        var (wide, high) = (options.Width, options.Height);
        long fullWidth = wide, fullHeight = high;
        if (options.ResizeMode == ResizeMode.Crop)
        {
            fullWidth = Math.Max(wide, (long)image.Width * high / image.Height);
            fullHeight = Math.Max(high, (long)image.Height * wide / image.Width);
        }
        _columns = MakeTaps(image.Width, fullWidth, wide, options.Antialias);
        _rows = MakeTaps(image.Height, fullHeight, high, options.Antialias);
    }

    private sealed record Taps(int First, float[] Weights);

    /// <summary>Writes output row <paramref name="y"/>, interleaved and in 0 to 255.</summary>
    public void Resize(int y, Span<float> row)
    {
        var taps = _rows[y];
        Array.Clear(_column);
        for (int i = 0; i < taps.Weights.Length; i++)
        {
            float weight = taps.Weights[i];
            var source = _image.Rgb.AsSpan((taps.First + i) * _column.Length, _column.Length);
            for (int x = 0; x < source.Length; x++)
                _column[x] += weight * source[x];
        }
        for (int x = 0; x < _columns.Length; x++)
        {
            var (first, weights) = (_columns[x].First, _columns[x].Weights);
            float r = 0, g = 0, b = 0;
            for (int i = 0; i < weights.Length; i++)
            {
                int at = 3 * (first + i);
                r += weights[i] * _column[at];
                g += weights[i] * _column[at + 1];
                b += weights[i] * _column[at + 2];
            }
            (row[3 * x], row[(3 * x) + 1], row[(3 * x) + 2]) = (r, g, b);
        }
    }

    /// <summary>Weights of the middle <paramref name="count"/> of <paramref name="full"/> output pixels.</summary>
    private static Taps[] MakeTaps(int input, long full, int count, bool antialias)
    {
        double scale = (double)input / full;
        double support = antialias ? Math.Max(1, scale) : 1;
        long skipped = (full - count) / 2;
        var result = new Taps[count];
        for (int i = 0; i < count; i++)
        {
            double centre = ((skipped + i + 0.5) * scale) - 0.5;
            int first = (int)Math.Max(0, Math.Ceiling(centre - support));
            int last = (int)Math.Min(input - 1, Math.Floor(centre + support));
            var weights = new float[last - first + 1];
            double sum = 0;
            for (int k = first; k <= last; k++)
                sum += Math.Max(0, 1 - (Math.Abs(k - centre) / support));
            for (int k = first; k <= last; k++)
                weights[k - first] = (float)(Math.Max(0, 1 - (Math.Abs(k - centre) / support)) / sum);
            result[i] = new(first, weights);
        }
        return result;
    }
}
