using System.Diagnostics;
using System.Globalization;
using Lathe.Bench.Engines;
using Lathe.Bench.Models;

namespace Lathe.Bench.Measuring;

/// <summary>What runs take while another program computes, on both engines in turns, each run counted.</summary>
internal static class BusyNeighbour
{
    private const int Turns = 10;
    private const double TurnMilliseconds = 100;
    private const int FewestRunsOfATurn = 10;
    private const int MostRunsOfATurn = 300;
    private const double WarmUpSeconds = 0.3;

    public static void Header(IEngine peer, TextWriter output)
    {
        output.WriteLine($"ms, mean and 99th percentile; beside a program that computes, but for the last column");
        output.WriteLine($"| model | threads | {peer.Name} | Lathe | Lathe on one thread | Lathe on one thread, alone |");
        output.WriteLine("|---|---|---|---|---|---|");
    }

    public static void Measure(BenchModel model, int threads, IEngine peer, IEngine lathe, TextWriter output)
    {
        using var theirs = peer.Load(model, threads);
        using var ours = lathe.Load(model, threads);
        using var one = lathe.Load(model, 1);
        ILoadedModel[] all = [theirs, ours, one];
        int runs = (int)Math.Clamp(TurnMilliseconds / Stopwatches.MedianRun(one, WarmUpSeconds), FewestRunsOfATurn, MostRunsOfATurn);
        List<double>[] times = [[], [], []];
        using (new BusyProgram())
        {
            for (int turn = 0; turn < Turns; turn++)
                for (int i = 0; i < all.Length; i++)
                    times[i].AddRange(Turn(all[i], runs));
        }
        List<double> alone = [];
        for (int turn = 0; turn < Turns; turn++)
            alone.AddRange(Turn(one, runs));
        output.WriteLine($"| {model.Name} | {threads} | {string.Join(" | ", times.Append(alone).Select(Text))} |");
    }

    private static IEnumerable<double> Turn(ILoadedModel model, int runs)
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
        return times;
    }

    private static string Text(List<double> times)
    {
        times.Sort();
        string format = times[0] < 1 ? "F3" : "F1";
        return $"{times.Average().ToString(format, CultureInfo.InvariantCulture)}, {times[(int)(times.Count * 0.99)].ToString(format, CultureInfo.InvariantCulture)}";
    }
}
