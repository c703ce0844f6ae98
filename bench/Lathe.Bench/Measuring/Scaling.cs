using Lathe.Bench.Engines;
using Lathe.Bench.Models;
using Lathe.Runtime;

namespace Lathe.Bench.Measuring;

/// <summary>
/// How much faster each kernel of a model is on several threads than on one, both measured in turns in one process. Kernels are
/// called one by one, so that a call counts with each.
/// </summary>
internal static class Scaling
{
    /// <param name="runs">Times are the best tenth of so many: two processors can be two threads of one core for a while.</param>
    public static void Measure(BenchModel model, LatheEngine lathe, int threads, int runs, TextWriter output)
    {
        using var one = lathe.Open(model, 1);
        using var many = lathe.Open(model, threads);
        var (alone, together) = (new List<IReadOnlyList<StepTime>>(), new List<IReadOnlyList<StepTime>>());
        var (whole, wholeTogether) = (new List<double>(), new List<double>());
        for (int run = 0; run < runs; run++)
        {
            whole.Add(one.Time(1).Median);
            alone.Add(one.Profile());
            wholeTogether.Add(many.Time(1).Median);
            together.Add(many.Profile());
        }
        var rows = alone[0].Select((step, i) => new Row(
            step.Step.Label,
            Statistics.BestTenth(alone.Select(r => r[i].Milliseconds)),
            Statistics.BestTenth(together.Select(r => r[i].Milliseconds)))).ToList();
        output.WriteLine($"{model.Name}: us on 1 and on {threads} threads, speedup, us lost against {threads} times as fast; the best tenth of {runs}; the greatest loss first");
        foreach (var row in rows.OrderByDescending(r => r.Loss(threads)))
            Write(row.Label, row, threads, output);
        Write("all kernels", new("", rows.Sum(r => r.Alone), rows.Sum(r => r.Together)), threads, output);
        Write("whole runs", new("", Statistics.BestTenth(whole), Statistics.BestTenth(wholeTogether)), threads, output);
    }

    private static void Write(string label, Row row, int threads, TextWriter output) => output.WriteLine(
        $"{row.Alone * 1000,10:F1} {row.Together * 1000,10:F1} {row.Alone / row.Together,6:F2} {row.Loss(threads) * 1000,9:F1}  {label}");

    private sealed record Row(string Label, double Alone, double Together)
    {
        public double Loss(int threads) => Together - (Alone / threads);
    }
}
