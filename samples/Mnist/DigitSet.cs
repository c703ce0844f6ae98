namespace Lathe.Samples.Mnist;

/// <summary>Images of handwritten digits with their labels.</summary>
internal sealed class DigitSet
{
    public const int Side = 28;
    public const int PixelCount = Side * Side;
    private readonly byte[] _pixels;
    private readonly byte[] _labels;

    private DigitSet(byte[] pixels, byte[] labels) => (_pixels, _labels) = (pixels, labels);

    public int Count => _labels.Length;

    /// <summary>Reads the 10,000 test images from a folder that holds them under their original names.</summary>
    public static DigitSet ReadTestSet(string folder)
    {
        var pixels = IdxFile.Read(Path.Combine(folder, "t10k-images-idx3-ubyte"), -1, Side, Side);
        var labels = IdxFile.Read(Path.Combine(folder, "t10k-labels-idx1-ubyte"), -1);
        if (pixels.Length != labels.Length * PixelCount)
            throw new InvalidDataException($"{folder}: there are {pixels.Length / PixelCount} images and {labels.Length} labels");
        return new(pixels, labels);
    }

    public int Label(int image) => _labels[image];

    public ReadOnlySpan<byte> Pixels(int image) => _pixels.AsSpan(image * PixelCount, PixelCount);

    /// <summary>Writes an image as the network wants it: 0 for background to 1 for full ink.</summary>
    public void CopyTo(int image, Span<float> input)
    {
        var pixels = Pixels(image);
        for (int i = 0; i < pixels.Length; i++)
            input[i] = pixels[i] / 255f;
    }

    /// <summary>The image as lines of text, two characters a pixel so that it keeps its proportions; empty rows are left out.</summary>
    public IEnumerable<string> Draw(int image)
    {
        const string shades = " .:-=+*#%@";
        var lines = new List<string>();
        for (int y = 0; y < Side; y++)
        {
            var row = Pixels(image).Slice(y * Side, Side);
            var line = new char[2 * Side];
            for (int x = 0; x < line.Length; x++)
                line[x] = shades[row[x / 2] * (shades.Length - 1) / 255];
            lines.Add(new string(line).TrimEnd());
        }
        return lines.SkipWhile(l => l.Length == 0).Reverse().SkipWhile(l => l.Length == 0).Reverse();
    }
}
