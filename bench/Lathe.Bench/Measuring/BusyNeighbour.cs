using System.Diagnostics;
using System.Globalization;
using Lathe.Bench.Engines;
using Lathe.Bench.Models;

namespace Lathe.Bench.Measuring;

/// <summary>What runs take while another program computes, on both engines in turns, each run counted; and what the engines use when they have nothing to do.</summary>
internal static class BusyNeighbour
{
    private const int Turns = 10;
    private const double TurnMilliseconds = 100;
    private const int FewestRunsOfATurn = 10;
    private const int MostRunsOfATurn = 1000;
    private const double WarmUpSeconds = 0.3;
    private const int RestMilliseconds = 50;

    private static readonly (int Percent, string Text)[] Neighbours = [(0, "nothing"), (50, "half of one"), (100, "a whole one")];

    public static void Header(IEngine peer, TextWriter output)
    {
        output.WriteLine("ms a run, mean and 99th percentile, while another program uses nothing, half or all of a processor; the median of the turns' ratios");
        output.WriteLine($"and their range; and processor time that an engine uses in the {RestMilliseconds} ms after its runs");
        output.WriteLine($"| model | threads | others use | {peer.Name} | Lathe | ratio | range | Lathe on one thread | {peer.Name} at rest | Lathe at rest |");
        output.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
    }

    public static void Measure(BenchModel model, int threads, IEngine peer, IEngine lathe, TextWriter output)
    {
        using var theirs = peer.Load(model, threads);
        using var ours = lathe.Load(model, threads);
        using var one = lathe.Load(model, 1);
        ILoadedModel[] all = [theirs, ours, one];
        int runs = (int)Math.Clamp(TurnMilliseconds / Stopwatches.MedianRun(one, WarmUpSeconds), FewestRunsOfATurn, MostRunsOfATurn);
        foreach (var (percent, text) in Neighbours)
        {
            using var neighbour = percent > 0 ? new BusyProgram(percent) : null;
            List<Turn>[] turns = [[], [], []];
            for (int turn = 0; turn < Turns; turn++)
                for (int i = 0; i < all.Length; i++)
                    turns[i].Add(Take(all[i], runs));
            double[] ratios = [.. turns[0].Zip(turns[1], (a, b) => a.Times.Average() / b.Times.Average()).Order()];
            output.WriteLine(
                $"| {model.Name} | {threads} | {text} | {Times(turns[0])} | {Times(turns[1])} | {Number(Statistics.Median(ratios), "F2")} | {Number(ratios[0], "F2")} to {Number(ratios[^1], "F2")} | {Times(turns[2])} " +
                $"| {Number(turns[0].Average(t => t.RestMs), "F1")} | {Number(turns[1].Average(t => t.RestMs), "F1")} |");
            output.Flush();
        }
    }

    private static Turn Take(ILoadedModel model, int runs)
    {
        Settling.Await();
        model.Run();
        double[] times = new double[runs];
        for (int i = 0; i < runs; i++)
        {
            long start = Stopwatch.GetTimestamp();
            model.Run();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        var used = Environment.CpuUsage.TotalTime;
        Thread.Sleep(RestMilliseconds);
        return new Turn(times, (Environment.CpuUsage.TotalTime - used).TotalMilliseconds);
    }

    private static string Times(List<Turn> turns)
    {
        double[] times = [.. turns.SelectMany(t => t.Times).Order()];
        string format = times[0] < 1 ? "F3" : "F1";
        return $"{Number(times.Average(), format)}, {Number(times[(int)(times.Length * 0.99)], format)}";
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    /// <param name="Times">Of each run, in ms.</param>
    /// <param name="RestMs">Processor time used in a while after the last.</param>
    private sealed record Turn(double[] Times, double RestMs);
}
