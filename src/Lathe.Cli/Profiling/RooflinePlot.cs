using System.Text;

namespace Lathe.Cli.Profiling;

/// <summary>
/// The roofline model as a drawing: operations a second over operations for each byte, both on logarithmic axes; the roof is the lower of
/// bandwidth times intensity and the arithmetic's peak. How fast memory is depends on where a kernel's bytes lie, so that slopes fill a band between the fastest and the
/// slowest that a kernel is held against. A dot for each kernel that does arithmetic, its area by its share of the time.
/// </summary>
internal sealed class RooflinePlot
{
    private const double Width = 860, Height = 470, Left = 74, Right = 24, Top = 28, Bottom = 58;
    private const int Numbered = 10;

    private readonly RunProfile _profile;
    private readonly IReadOnlyList<(int Rank, KernelProfile Kernel)> _dots;
    private readonly double _slowest;
    private readonly double _fastest;
    private readonly (double Least, double Most) _x;
    private readonly (double Least, double Most) _y;

    public RooflinePlot(RunProfile profile)
    {
        _profile = profile;
        _dots = [.. profile.Kernels.Select((k, i) => (i + 1, k)).Where(d => d.k is { DoneGflops: > 0, Intensity: > 0 })];
        double[] memory = [.. _dots.Where(d => d.Kernel.MemoryMilliseconds > 0).Select(d => d.Kernel.Bytes / d.Kernel.MemoryMilliseconds / 1e6)];
        (_slowest, _fastest) = memory.Length > 0 ? (memory.Min(), memory.Max()) : (profile.WeightGigabytesPerSecond, profile.WeightGigabytesPerSecond);
        _x = Rounded([profile.Machine.Gflops / _fastest / 4, profile.Machine.Gflops / _slowest * 4, .. _dots.Select(d => d.Kernel.Intensity)]);
        _y = Rounded([profile.Machine.Gflops / 20, profile.Machine.Gflops * 1.2, .. _dots.Select(d => d.Kernel.DoneGflops)]);
    }

    /// <summary>Whether there is anything to draw.</summary>
    public bool IsEmpty => _dots.Count == 0;

    public string Svg()
    {
        var svg = new StringBuilder();
        svg.Append(Text($"<svg viewBox=\"0 0 {Width:F0} {Height:F0}\" role=\"img\" aria-label=\"Roofline plot of {_dots.Count} kernels\">\n"));
        Grid(svg);
        Roofs(svg);
        Dots(svg);
        return svg.Append("</svg>\n").ToString();
    }

    private void Grid(StringBuilder svg)
    {
        foreach (double x in Ticks(_x))
        {
            svg.Append(Text($"<line class=\"grid\" x1=\"{X(x):F1}\" x2=\"{X(x):F1}\" y1=\"{Top:F1}\" y2=\"{Height - Bottom:F1}\"/>\n"));
            svg.Append(Text($"<text class=\"tick\" x=\"{X(x):F1}\" y=\"{Height - Bottom + 18:F1}\" text-anchor=\"middle\">{x:0.######}</text>\n"));
        }
        foreach (double y in Ticks(_y))
        {
            svg.Append(Text($"<line class=\"grid\" x1=\"{Left:F1}\" x2=\"{Width - Right:F1}\" y1=\"{Y(y):F1}\" y2=\"{Y(y):F1}\"/>\n"));
            svg.Append(Text($"<text class=\"tick\" x=\"{Left - 8:F1}\" y=\"{Y(y) + 4:F1}\" text-anchor=\"end\">{y:0.######}</text>\n"));
        }
        svg.Append(Text($"<text class=\"axis\" x=\"{(Left + Width - Right) / 2:F1}\" y=\"{Height - 14:F1}\" text-anchor=\"middle\">operations done for each byte read or stored (FLOP/byte)</text>\n"));
        svg.Append(Text($"<text class=\"axis\" transform=\"translate(18 {(Top + Height - Bottom) / 2:F1}) rotate(-90)\" text-anchor=\"middle\">operations done in a second (GFLOP/s)</text>\n"));
    }

    private void Roofs(StringBuilder svg)
    {
        double peak = _profile.Machine.Gflops;
        var (slow, fast) = (Start(_slowest), Start(_fastest));
        if (_slowest < 0.9 * _fastest)
        {
            // Where one slope comes in from below and the other from the left, the drawing's corner is between them.
            string corner = slow.X > _x.Least && fast.X <= _x.Least ? Points((_x.Least, _y.Least)) + " " : "";
            svg.Append(Text($"<polygon class=\"band\" points=\"{Points(slow)} {corner}{Points(fast)} {Corner(_fastest)} {Corner(_slowest)}\"/>\n"));
            svg.Append(Text($"<polyline class=\"roof far\" points=\"{Points(slow)} {Corner(_slowest)}\"/>\n"));
            Name(svg, _slowest, "slowest memory", 16);
        }
        svg.Append(Text($"<polyline class=\"roof\" points=\"{Points(fast)} {Corner(_fastest)} {X(_x.Most):F1},{Y(peak):F1}\"/>\n"));
        Name(svg, _fastest, _slowest < 0.9 * _fastest ? "fastest memory" : "memory", -8);
        svg.Append(Text($"<text class=\"roof-name\" x=\"{Width - Right - 6:F1}\" y=\"{Y(peak) - 8:F1}\" text-anchor=\"end\">arithmetic: {peak:F0} GFLOP/s</text>\n"));
    }

    /// <summary>Where the slope of a bandwidth enters the drawing.</summary>
    private (double X, double Y) Start(double bandwidth)
    {
        double x = Math.Max(_x.Least, _y.Least / bandwidth);
        return (x, x * bandwidth);
    }

    private string Points(params ReadOnlySpan<(double X, double Y)> points)
    {
        var text = new StringBuilder();
        foreach (var (x, y) in points)
            text.Append(Text($"{(text.Length > 0 ? " " : "")}{X(x):F1},{Y(y):F1}"));
        return text.ToString();
    }

    /// <summary>Where a slope ends at the peak.</summary>
    private string Corner(double bandwidth) => Points((_profile.Machine.Gflops / bandwidth, _profile.Machine.Gflops));

    /// <summary>A slope's name along it, above or below.</summary>
    private void Name(StringBuilder svg, double bandwidth, string name, double offset)
    {
        var (start, corner) = (Start(bandwidth).X, _profile.Machine.Gflops / bandwidth);
        double angle = Math.Atan2(Y(corner * bandwidth) - Y(start * bandwidth), X(corner) - X(start)) * 180 / Math.PI;
        double at = Math.Sqrt(start * corner);
        svg.Append(Text($"<text class=\"roof-name\" transform=\"translate({X(at):F1} {Y(at * bandwidth):F1}) rotate({angle:F1})\" y=\"{offset:F0}\" text-anchor=\"middle\">{name}: {bandwidth:F0} GB/s</text>\n"));
    }

    private void Dots(StringBuilder svg)
    {
        foreach (var (_, kernel) in _dots.Where(d => d.Rank <= Numbered && d.Kernel.LeastMilliseconds > 0))
        {
            double x = X(kernel.Intensity), roof = Y(kernel.DoneFlops / kernel.LeastMilliseconds / 1e6);
            svg.Append(Text($"<path class=\"reach\" d=\"M{x:F1} {Y(kernel.DoneGflops):F1}V{roof:F1}M{x - 4:F1} {roof:F1}h8\"/>\n"));
        }
        var labels = new List<(double X, double Y)>();
        foreach (var (rank, kernel) in _dots.Reverse())
        {
            double radius = Radius(kernel);
            svg.Append(Text($"<circle class=\"dot {ProfilePage.NameOf(kernel.Limit)}\" cx=\"{X(kernel.Intensity):F1}\" cy=\"{Y(kernel.DoneGflops):F1}\" r=\"{radius:F1}\"><title>{rank}. {ProfilePage.Escape(kernel.Computes)}: {kernel.Milliseconds:F4} ms, {kernel.DoneGflops:F1} GFLOP/s, {kernel.Intensity:F2} FLOP/byte, {kernel.RooflinePercent:F0}% of the roofline</title></circle>\n"));
        }
        foreach (var (rank, kernel) in _dots.Where(d => d.Rank <= Numbered))
        {
            double x = X(kernel.Intensity) + 4 + Radius(kernel), y = Y(kernel.DoneGflops) + 4;
            if (labels.Any(l => Math.Abs(l.X - x) < 16 && Math.Abs(l.Y - y) < 12))
                continue;
            labels.Add((x, y));
            svg.Append(Text($"<text class=\"rank\" x=\"{x:F1}\" y=\"{y:F1}\">{rank}</text>\n"));
        }
    }

    private static double Radius(KernelProfile kernel) => 3 + (1.4 * Math.Sqrt(kernel.SharePercent));

    private double X(double value) => Left + (Math.Log10(value / _x.Least) / Math.Log10(_x.Most / _x.Least) * (Width - Left - Right));

    private double Y(double value) => Height - Bottom - (Math.Log10(value / _y.Least) / Math.Log10(_y.Most / _y.Least) * (Height - Top - Bottom));

    /// <summary>The round numbers around all values.</summary>
    private static (double Least, double Most) Rounded(IReadOnlyList<double> values) =>
        (RoundNumbers(values.Min() / 10, values.Min() * 0.9).Last(), RoundNumbers(values.Max() * 1.1, values.Max() * 10).First());

    /// <summary>The round numbers of an axis; on long ones, the powers of ten.</summary>
    private static IEnumerable<double> Ticks((double Least, double Most) axis)
    {
        bool isLong = axis.Most > 2000 * axis.Least;
        return RoundNumbers(axis.Least * 0.999, axis.Most * 1.001).Where(n => !isLong || Math.Abs(Math.Round(Math.Log10(n)) - Math.Log10(n)) < 0.01);
    }

    /// <summary>1, 2 and 5 times the powers of ten from one number to another.</summary>
    private static IEnumerable<double> RoundNumbers(double from, double to)
    {
        for (double power = Math.Pow(10, Math.Floor(Math.Log10(from))); power <= to; power *= 10)
            foreach (int digit in new[] { 1, 2, 5 })
                if (from <= digit * power && digit * power <= to)
                    yield return digit * power;
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
