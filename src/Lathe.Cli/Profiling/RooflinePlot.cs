using System.Text;

namespace Lathe.Cli.Profiling;

/// <summary>
/// The roofline model as a drawing: operations a second over operations for each byte, both on logarithmic axes; the roof is the lower of
/// bandwidth times intensity and the arithmetic's peak. A dot for each kernel that does arithmetic, its area by its share of the time.
/// </summary>
internal sealed class RooflinePlot
{
    private const double Width = 860, Height = 470, Left = 74, Right = 24, Top = 28, Bottom = 58;
    private const int Numbered = 10;

    private readonly RunProfile _profile;
    private readonly IReadOnlyList<(int Rank, KernelProfile Kernel)> _dots;
    private readonly double _ridge;
    private readonly (double Least, double Most) _x;
    private readonly (double Least, double Most) _y;

    public RooflinePlot(RunProfile profile)
    {
        _profile = profile;
        _dots = [.. profile.Kernels.Select((k, i) => (i + 1, k)).Where(d => d.k is { Gflops: > 0, Intensity: > 0 })];
        _ridge = profile.Machine.Gflops / profile.WeightGigabytesPerSecond;
        _x = Decades([0.1, _ridge * 10, .. _dots.Select(d => d.Kernel.Intensity)]);
        _y = Decades([1, profile.Machine.Gflops * 1.5, .. _dots.Select(d => d.Kernel.Gflops)]);
    }

    public string Svg()
    {
        var svg = new StringBuilder();
        svg.Append(Text($"<svg viewBox=\"0 0 {Width:F0} {Height:F0}\" role=\"img\" aria-label=\"Roofline plot of {_dots.Count} kernels\">\n"));
        Grid(svg);
        if (_profile.Machine.Reading[^1].GigabytesPerSecond < 0.9 * _profile.WeightGigabytesPerSecond)
            Roof(svg, _profile.Machine.Reading[^1].GigabytesPerSecond, "roof far", "out of main memory");
        Roof(svg, _profile.WeightGigabytesPerSecond, "roof", "");
        svg.Append(Text($"<text class=\"roof-name\" x=\"{Width - Right - 6:F1}\" y=\"{Y(_profile.Machine.Gflops) - 8:F1}\" text-anchor=\"end\">arithmetic: {_profile.Machine.Gflops:F0} GFLOP/s</text>\n"));
        Dots(svg);
        return svg.Append("</svg>\n").ToString();
    }

    private void Grid(StringBuilder svg)
    {
        for (double x = _x.Least; x <= _x.Most * 1.001; x *= 10)
        {
            svg.Append(Text($"<line class=\"grid\" x1=\"{X(x):F1}\" x2=\"{X(x):F1}\" y1=\"{Top:F1}\" y2=\"{Height - Bottom:F1}\"/>\n"));
            svg.Append(Text($"<text class=\"tick\" x=\"{X(x):F1}\" y=\"{Height - Bottom + 18:F1}\" text-anchor=\"middle\">{x:0.######}</text>\n"));
        }
        for (double y = _y.Least; y <= _y.Most * 1.001; y *= 10)
        {
            svg.Append(Text($"<line class=\"grid\" x1=\"{Left:F1}\" x2=\"{Width - Right:F1}\" y1=\"{Y(y):F1}\" y2=\"{Y(y):F1}\"/>\n"));
            svg.Append(Text($"<text class=\"tick\" x=\"{Left - 8:F1}\" y=\"{Y(y) + 4:F1}\" text-anchor=\"end\">{y:0.######}</text>\n"));
        }
        svg.Append(Text($"<text class=\"axis\" x=\"{(Left + Width - Right) / 2:F1}\" y=\"{Height - 14:F1}\" text-anchor=\"middle\">arithmetic intensity: operations for each byte (FLOP/byte)</text>\n"));
        svg.Append(Text($"<text class=\"axis\" transform=\"translate(18 {(Top + Height - Bottom) / 2:F1}) rotate(-90)\" text-anchor=\"middle\">speed (GFLOP/s)</text>\n"));
    }

    /// <summary>The slope of a bandwidth, from where it enters the drawing, and the flat part after it.</summary>
    private void Roof(StringBuilder svg, double bandwidth, string style, string what)
    {
        double start = Math.Max(_x.Least, _y.Least / bandwidth);
        double ridge = _profile.Machine.Gflops / bandwidth;
        double peak = _profile.Machine.Gflops;
        svg.Append(Text($"<polyline class=\"{style}\" points=\"{X(start):F1},{Y(start * bandwidth):F1} {X(ridge):F1},{Y(peak):F1} {X(_x.Most):F1},{Y(peak):F1}\"/>\n"));
        double angle = Math.Atan2(Y(peak) - Y(start * bandwidth), X(ridge) - X(start)) * 180 / Math.PI;
        double at = Math.Sqrt(start * ridge);
        double offset = what.Length > 0 ? 16 : -8;
        svg.Append(Text($"<text class=\"roof-name\" transform=\"translate({X(at):F1} {Y(at * bandwidth):F1}) rotate({angle:F1})\" y=\"{offset:F0}\" text-anchor=\"middle\">memory: {bandwidth:F0} GB/s{(what.Length > 0 ? " " + what : "")}</text>\n"));
    }

    private void Dots(StringBuilder svg)
    {
        var labels = new List<(double X, double Y)>();
        foreach (var (rank, kernel) in _dots.Reverse())
        {
            double x = X(kernel.Intensity), y = Y(kernel.Gflops), radius = 3 + (1.4 * Math.Sqrt(kernel.SharePercent));
            svg.Append(Text($"<circle class=\"dot\" cx=\"{x:F1}\" cy=\"{y:F1}\" r=\"{radius:F1}\"><title>{rank}. {ProfilePage.Escape(kernel.Computes)}: {kernel.Milliseconds:F4} ms, {kernel.Gflops:F1} GFLOP/s, {kernel.Intensity:F2} FLOP/byte, {kernel.RooflinePercent:F0}% of the roofline</title></circle>\n"));
        }
        foreach (var (rank, kernel) in _dots.Where(d => d.Rank <= Numbered))
        {
            double x = X(kernel.Intensity) + 7 + (1.4 * Math.Sqrt(kernel.SharePercent)), y = Y(kernel.Gflops) + 4;
            if (labels.Any(l => Math.Abs(l.X - x) < 16 && Math.Abs(l.Y - y) < 12))
                continue;
            labels.Add((x, y));
            svg.Append(Text($"<text class=\"rank\" x=\"{x:F1}\" y=\"{y:F1}\">{rank}</text>\n"));
        }
    }

    private double X(double value) => Left + (Math.Log10(value / _x.Least) / Math.Log10(_x.Most / _x.Least) * (Width - Left - Right));

    private double Y(double value) => Height - Bottom - (Math.Log10(value / _y.Least) / Math.Log10(_y.Most / _y.Least) * (Height - Top - Bottom));

    /// <summary>Whole powers of ten around all values.</summary>
    private static (double Least, double Most) Decades(IReadOnlyList<double> values) =>
        (Math.Pow(10, Math.Floor(Math.Log10(values.Min()))), Math.Pow(10, Math.Ceiling(Math.Log10(values.Max()))));

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
