using System.Diagnostics;
using Lathe.Bench.Engines;
using Lathe.Bench.Models;

namespace Lathe.Bench.Measuring;

/// <summary>What one model at one number of threads took on the peer and on Lathe, measured in turns.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Threads">Threads for either engine.</param>
/// <param name="Peer">Each round's median time of a run on the peer, in ms.</param>
/// <param name="Lathe">The same for Lathe; empty when only the peer was measured.</param>
/// <param name="LoadMs">What loading the model took: on the peer, and compiling and loading on Lathe.</param>
/// <param name="Macs">Multiply-adds of a run; 0 where unknown.</param>
/// <param name="RelativeError">Between the outputs, see <see cref="Statistics.RelativeError"/>; null with only one engine.</param>
internal sealed record Comparison(
    string Model, int Threads, IReadOnlyList<double> Peer, IReadOnlyList<double> Lathe, (double Peer, double Lathe) LoadMs, long Macs, double? RelativeError)
{
    private const double WarmUpSeconds = 0.3;

    /// <summary>Each round's speed of Lathe relative to the peer; over 1 means that Lathe is faster.</summary>
    public IReadOnlyList<double> Ratios => [.. Peer.Zip(Lathe, (peer, lathe) => peer / lathe)];

    public double PeerMs => Statistics.Median(Peer);

    public double? LatheMs => Lathe.Count > 0 ? Statistics.Median(Lathe) : null;

    public double? Ratio => Lathe.Count > 0 ? Statistics.Median(Ratios) : null;

    /// <summary>GFLOP/s at a time for a run, counting two operations a multiply-add.</summary>
    public double? Rate(double? ms) => Macs > 0 ? 2e-6 * Macs / ms : null;

    /// <summary>Loads the model on both engines, compares their outputs, and times them in turns.</summary>
    /// <param name="lathe">Null to measure the peer alone.</param>
    public static Comparison Measure(BenchModel model, int threads, IEngine peer, IEngine? lathe, int rounds, double seconds)
    {
        using var theirs = Load(peer, model, threads, out double peerLoad);
        Stopwatches.WarmUp(theirs, WarmUpSeconds);
        double latheLoad = 0;
        using var ours = lathe is null ? null : Load(lathe, model, threads, out latheLoad);
        if (ours is not null)
            Stopwatches.WarmUp(ours, WarmUpSeconds);
        var (peerTimes, latheTimes) = (new List<double>(), new List<double>());
        for (int round = 0; round < rounds; round++)
        {
            Settling.Await();
            peerTimes.Add(Stopwatches.MedianRun(theirs, seconds));
            if (ours is null)
                continue;
            Settling.Await();
            latheTimes.Add(Stopwatches.MedianRun(ours, seconds));
        }
        double? error = ours is null ? null : Statistics.RelativeError(theirs.Outputs, ours.Outputs);
        return new Comparison(model.Name, threads, peerTimes, latheTimes, (peerLoad, latheLoad), model.Macs, error);
    }

    private static ILoadedModel Load(IEngine engine, BenchModel model, int threads, out double ms)
    {
        long start = Stopwatch.GetTimestamp();
        var loaded = engine.Load(model, threads);
        ms = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return loaded;
    }
}
