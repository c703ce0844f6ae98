using Lathe.Bench.Engines;
using Lathe.Bench.Models;

namespace Lathe.Bench.Measuring;

/// <summary>What a quantized model of any format gains over a float model of the same shapes, both on Lathe and in turns.</summary>
internal static class QuantizedGain
{
    private const double WarmUpSeconds = 0.3;

    public static void Measure(BenchModel model, string quantized, LatheEngine lathe, int threads, int rounds, double seconds, TextWriter output)
    {
        using var real = lathe.Load(model, threads);
        using var integers = lathe.LoadFile(quantized, threads);
        Stopwatches.WarmUp(real, WarmUpSeconds);
        Stopwatches.WarmUp(integers, WarmUpSeconds);
        var rows = Enumerable.Range(0, rounds).Select(_ => (Real: Turn(real, seconds), Integers: Turn(integers, seconds))).ToList();
        double[] ratios = [.. rows.Select(r => r.Real / r.Integers)];
        output.WriteLine(
            $"{model.Name} {Statistics.Median(rows.Select(r => r.Real)):F3} ms, {Path.GetFileName(quantized)} {Statistics.Median(rows.Select(r => r.Integers)):F3} ms"
            + $" on {threads} thread{(threads == 1 ? "" : "s")}: {Statistics.Median(ratios):F2} times as fast ({ratios.Min():F2}..{ratios.Max():F2})");
    }

    private static double Turn(ILoadedModel model, double seconds)
    {
        Settling.Await();
        return Stopwatches.MedianRun(model, seconds);
    }
}
