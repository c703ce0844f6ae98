using Lathe.Graphs.Ops;
using Lathe.Loops;

namespace Lathe.Compilation.Kernels;

/// <summary>The data rows that a depthwise tile of so many output rows reads, in fours.</summary>
internal sealed class DepthwiseRows
{
    private readonly long[] _rows;
    private readonly Dictionary<(int Row, long At), int> _taps = [];

    public DepthwiseRows(Window window, int outputs)
    {
        var (kernel, stride, dilation) = window.Rank == 2 ? (window.Kernel[0], window.Strides[0], window.Dilations[0]) : (1, 1, 1);
        for (int row = 0; row < outputs; row++)
            for (int tap = 0; tap < kernel; tap++)
                _taps.Add((row, (row * stride) + (tap * dilation)), tap);
        _rows = [.. _taps.Keys.Select(k => k.At).Distinct().Order()];
    }

    public int Quads => (int)ContractionConfig.DivideUp(_rows.Length, Dot4.Width);

    /// <summary>The data row of a place in a quad, counted from the tile's first; the last quad may repeat a row, whose weights there are zero.</summary>
    public long At(int quad, int place) => _rows[Math.Min((quad * Dot4.Width) + place, _rows.Length - 1)];

    /// <summary>The window's row that an output row sees in a place of a quad, or null.</summary>
    public int? Tap(int output, int quad, int place) =>
        (quad * Dot4.Width) + place < _rows.Length && _taps.TryGetValue((output, At(quad, place)), out int tap) ? tap : null;

    public bool Uses(int output, int quad) => Enumerable.Range(0, Dot4.Width).Any(place => Tap(output, quad, place) is not null);
}
