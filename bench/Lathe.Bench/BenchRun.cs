using Lathe.Bench.Engines;
using Lathe.Bench.Measuring;
using Lathe.Bench.Models;
using Lathe.Bench.Sweeping;
using Lathe.Compilation;
using Lathe.Compilation.Diagnostics;
using Lathe.Compilation.Scheduling;
using Lathe.Formats;
using Lathe.Peers;

namespace Lathe.Bench;

/// <summary>The bench from settings to printed figures.</summary>
internal static class BenchRun
{
    public static void Measure(BenchSettings settings, TextWriter output)
    {
        string[] names = [.. Names(settings)];
        using var runtime = new OnnxRuntime();
        using var peer = new OnnxRuntimeEngine(runtime);
        using var lathe = settings.PeerOnly ? null : new LatheEngine(Target.Parse(settings.Target), settings.TuningRecords);
        var machine = Machine.Describe();
        var peaks = settings.Threads.Distinct().ToDictionary(n => n, FmaPeak.Measure);
        var engines = new IEngine?[] { peer, lathe }.OfType<IEngine>().ToDictionary(e => e.Name, e => e.Version);

        output.WriteLine(machine);
        output.WriteLine(string.Join(", ", engines.Select(e => $"{e.Key} {e.Value}")));
        output.WriteLine("FMA peak: " + string.Join(", ", peaks.Select(p => $"{p.Value:F0} GFLOP/s on {p.Key} thread{(p.Key == 1 ? "" : "s")}")));
        var report = new Report(output, peaks);
        report.Header(peer.Name);
        var comparisons = new List<Comparison>();
        foreach (string name in names)
        {
            var model = Open(name, runtime);
            foreach (int threads in settings.Threads)
            {
                var comparison = Comparison.Measure(model, threads, peer, lathe, settings.Rounds, settings.Seconds);
                report.Add(comparison);
                comparisons.Add(comparison);
            }
        }
        if (settings.Json is { } path)
            Report.WriteJson(path, machine, engines, peaks, comparisons);
    }

    /// <summary>How Lathe's kernels gain by threads; without the peer.</summary>
    public static void MeasureScaling(BenchSettings settings, TextWriter output)
    {
        using var runtime = new OnnxRuntime();
        using var lathe = new LatheEngine(Target.Parse(settings.Target), settings.TuningRecords);
        foreach (string name in Names(settings))
        {
            var model = Open(name, runtime);
            foreach (int threads in settings.Threads.Where(t => t > 1))
                Scaling.Measure(model, lathe, threads, Math.Max(settings.Rounds, 15), output);
        }
    }

    /// <summary>How much faster a quantized model is than Lathe's own float models.</summary>
    public static void MeasureQuantized(BenchSettings settings, string quantized, TextWriter output)
    {
        using var lathe = new LatheEngine(Target.Parse(settings.Target), settings.TuningRecords);
        var gains = new List<QuantizedGain>();
        foreach (string name in Names(settings))
        {
            foreach (int threads in settings.Threads)
            {
                using var real = Load(lathe, name, threads);
                foreach (string file in quantized.Split(','))
                {
                    using var integers = Load(lathe, file, threads);
                    gains.Add(QuantizedGain.Measure(Path.GetFileName(name), real, file, integers, threads, settings.Rounds, settings.Seconds));
                    output.WriteLine(gains[^1]);
                    output.Flush();
                }
            }
        }
        if (settings.Json is { } path)
            Report.WriteJson(path, Machine.Describe(), lathe, gains);
    }

    /// <summary>Judges default schedules by others.</summary>
    public static void Sweep(BenchSettings settings, int samples, string? layers, string? schedules, TextWriter output)
    {
        if (Target.Parse(settings.Target) is not Target.Llvm target)
            throw new ModelException("LATHE7903", "schedules are compared as machine code", "install LLVM, or give --target llvm");
        var given = (schedules ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(t => Schedule.TryParse(t) ?? throw new ModelException("LATHE7904", $"'{t}' is no schedule")).ToList();
        foreach (string name in Names(settings))
            foreach (int threads in settings.Threads)
                new ScheduleSweep(samples, threads, layers, given).Run(name, target, output);
    }

    /// <summary>Both engines beside a busy program.</summary>
    public static void MeasureBeside(BenchSettings settings, TextWriter output)
    {
        using var runtime = new OnnxRuntime();
        using var peer = new OnnxRuntimeEngine(runtime);
        using var lathe = new LatheEngine(Target.Parse(settings.Target), settings.TuningRecords);
        BusyNeighbour.Header(peer, output);
        foreach (string name in Names(settings))
        {
            var model = Open(name, runtime);
            foreach (int threads in settings.Threads)
                BusyNeighbour.Measure(model, threads, peer, lathe, output);
        }
    }

    /// <summary>How far Lathe's results are from exact ones.</summary>
    public static void MeasureErrors(BenchSettings settings, string? shapes, TextWriter output)
    {
        var inputs = shapes is null ? InputShapes.None : InputShapes.Parse(shapes);
        RoundingErrors.Header(output);
        foreach (string name in Names(settings))
            (File.Exists(name) ? RoundingErrors.OfFile(name, inputs) : RoundingErrors.Of(BenchModels.Build(name)))
                .Write(Path.GetFileName(name), Target.Parse(settings.Target), settings.Threads, output);
    }

    /// <summary>Judges the tuner's cost models by records.</summary>
    public static void JudgeRanking(BenchSettings settings, TextWriter output)
    {
        string records = settings.TuningRecords ?? throw new ModelException("LATHE7906", "there are no measurements to judge by", "give --tuning-records");
        foreach (int threads in settings.Threads)
            RankingJudge.Run([.. Names(settings)], threads, records, output);
    }

    /// <summary>Writes built-in models as files, for use with other tools.</summary>
    public static void Save(BenchSettings settings, string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (string name in Names(settings))
            File.WriteAllBytes(Path.Combine(folder, name + ".onnx"), BenchModels.Build(name).Onnx);
    }

    private static ILoadedModel Load(LatheEngine lathe, string name, int threads) =>
        File.Exists(name) ? lathe.LoadFile(name, threads) : lathe.Load(BenchModels.Build(name), threads);

    private static BenchModel Open(string name, OnnxRuntime runtime) => File.Exists(name) ? OnnxFile.Load(name, runtime) : BenchModels.Build(name);

    private static IEnumerable<string> Names(BenchSettings settings) => settings.Models.SelectMany(name =>
        name switch
        {
            "all" => BenchModels.Names,
            "relatives" => BenchModels.RelativeNames,
            _ when BenchModels.Names.Contains(name) || BenchModels.RelativeNames.Contains(name) || File.Exists(name) => [name],
            _ => throw BenchModels.Unknown(name),
        });
}
