using Lathe.Bench.Engines;

namespace Lathe.Bench.Measuring;

/// <summary>What a quantized model gains over a float model of the same shapes, both on Lathe and in turns.</summary>
/// <param name="Model">The float model.</param>
/// <param name="Quantized">The quantized one.</param>
/// <param name="Threads">The threads of both.</param>
/// <param name="Rounds">The median runs of each turn, in ms.</param>
internal sealed record QuantizedGain(string Model, string Quantized, int Threads, IReadOnlyList<(double Float, double Integer)> Rounds)
{
    private const double WarmUpSeconds = 0.3;

    public double FloatMs => Statistics.Median(Rounds.Select(r => r.Float));

    public double IntegerMs => Statistics.Median(Rounds.Select(r => r.Integer));

    public double Ratio => Statistics.Median(Ratios);

    public IReadOnlyList<double> Ratios => [.. Rounds.Select(r => r.Float / r.Integer)];

    public static QuantizedGain Measure(string name, ILoadedModel real, string quantized, ILoadedModel integers, int threads, int rounds, double seconds)
    {
        Stopwatches.WarmUp(real, WarmUpSeconds);
        Stopwatches.WarmUp(integers, WarmUpSeconds);
        return new(name, Path.GetFileName(quantized), threads, [.. Enumerable.Range(0, rounds).Select(_ => (Turn(real, seconds), Turn(integers, seconds)))]);
    }

    public override string ToString() =>
        $"{Model} {FloatMs:F3} ms, {Quantized} {IntegerMs:F3} ms on {Threads} thread{(Threads == 1 ? "" : "s")}: {Ratio:F2} times as fast ({Ratios.Min():F2}..{Ratios.Max():F2})";

    private static double Turn(ILoadedModel model, double seconds)
    {
        Settling.Await();
        return Stopwatches.MedianRun(model, seconds);
    }
}
