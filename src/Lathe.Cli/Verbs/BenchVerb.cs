using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Lathe.Cli.Measuring;
using Lathe.Cli.Printing;
using Lathe.Cli.Profiling;
using Lathe.Cli.Running;
using Lathe.Formats;
using Lathe.Runtime;
using Lathe.Tensors;

namespace Lathe.Cli.Verbs;

/// <summary>Measures a model, and another engine on the same model in turns with it.</summary>
internal static class BenchVerb
{
    public static Command Create(Terminal terminal)
    {
        var model = SharedOptions.Model("; or a bundle");
        var target = SharedOptions.Target();
        var threads = SharedOptions.Threads();
        var import = new ImportArguments();
        var records = SharedOptions.TuningRecords();
        var versus = new Option<string?>("--vs") { Description = $"what to measure in turns: {string.Join(" or ", PeerModel.Names)}, whose libraries eng/fetch.sh --bench fetches, or another model or bundle", HelpName = "PEER" };
        versus.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && result.Tokens[0].Value is var other && !PeerModel.Names.Contains(other) && !OtherBuild.IsPath(other))
                result.AddError($"--vs takes {string.Join(", ", PeerModel.Names)} or the path of a model or bundle, not '{other}'");
        });
        var rounds = SharedOptions.Count("--rounds", 7, 1, "how often the engines take turns");
        var seconds = new Option<double>("--seconds") { Description = "how long an engine runs in a round", DefaultValueFactory = _ => 0.5, HelpName = "S" };
        seconds.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !(double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value is >= 0 and <= 3600))
                result.AddError($"--seconds takes a number of 0 to 3600, not '{result.Tokens[0].Value}'");
        });
        var steps = new Option<bool>("--steps") { Description = "with --vs and another build: also measure step by step, and say which steps gain or lose" };
        var json = SharedOptions.Json();
        var verb = new Verb(
            "bench",
            "Measures how long a model takes, alone or in turns with ONNX Runtime, TensorFlow Lite or another bundle in one process.",
            "lathe bench assets/mnist.onnx --threads 1",
            "lathe bench model.onnx --threads 2 --vs onnxruntime",
            "lathe bench model.tflite --threads 1 --vs tflite",
            "lathe bench new.tar --threads 1 --vs old.tar --rounds 15",
            "lathe bench new.tar --threads 1 --vs old.tar --steps")
        {
            model, target, threads, records, versus, rounds, seconds, steps, json, SharedOptions.Verbose("also print where an error came from"),
        };
        verb.Validators.Add(result =>
        {
            if (result.GetValue(steps) && (result.GetValue(versus) is not { } other || PeerModel.Names.Contains(other)))
                result.AddError("--steps compares two builds of a network: give --vs the path of a model or bundle");
        });
        import.AddTo(verb);
        verb.SetAction(parsed =>
        {
            var request = new RunRequest(parsed.GetRequiredValue(model))
            {
                Target = parsed.GetValue(target),
                Threads = parsed.GetValue(threads),
                Import = import.Read(parsed),
                TuningRecords = parsed.GetValue(records),
            };
            var report = Measure(request, parsed.GetValue(versus), parsed.GetValue(rounds), parsed.GetValue(seconds), parsed.GetValue(steps), terminal);
            if (parsed.GetValue(json))
                JsonOutput.Write(terminal.Out, report);
            else
                Write(report, terminal.Out);
            return 0;
        });
        return verb;
    }

    /// <summary>
    /// Ratio is the other's time over Lathe's, the median of the rounds' Ratios; Difference the largest of any output's elements over the output's largest.
    /// Steps are those of two builds, where they are asked for.
    /// </summary>
    private sealed record BenchReport(
        string Model, string Target, int Threads, IReadOnlyList<EngineTimes> Engines, double? Ratio, IReadOnlyList<double>? Ratios, double? Difference, IReadOnlyList<StepPair>? Steps = null);

    private static BenchReport Measure(RunRequest request, string? other, int rounds, double seconds, bool steps, Terminal terminal)
    {
        bool isPeer = other is not null && PeerModel.Names.Contains(other);
        if (isPeer && Bundle.IsBundle(request.Path))
            throw new UsageException("LATHE7033", "a bundle cannot be given to another engine", "give the model itself");
        long start = Stopwatch.GetTimestamp();
        var binding = new InputBinding(request, terminal);
        using var loaded = ModelRun.Load(request, binding, terminal);
        using var pool = new WorkerPool(request.Threads);
        using var session = new Session(loaded, pool);
        binding.Bind(session);
        string name = other is null || isPeer ? "Lathe" : OtherBuild.NameOf(request.Path, other, isSecond: false);
        var lathe = OtherBuild.Contestant(name, Stopwatch.GetElapsedTime(start).TotalMilliseconds, session);
        BenchReport Report(IReadOnlyList<EngineTimes> times, IReadOnlyList<double>? ratios = null, double? difference = null) =>
            new(request.Path, session.Info.Target, session.Threads, times, ratios is null ? null : Contest.Median(ratios), ratios, difference);
        if (other is null)
            return Report(Contest.Hold([lathe], rounds, seconds, terminal));
        if (isPeer)
        {
            using var peer = PeerModel.Load(other, request.Path, session);
            var times = Contest.Hold([lathe, peer.Contender], rounds, seconds, terminal);
            return Report(times, [.. times[1].Rounds.Zip(times[0].Rounds, (theirs, ours) => theirs / ours)], Difference(lathe.Outputs(), peer.Contender.Outputs()));
        }
        using var build = OtherBuild.Load(request with { Path = other }, session, request.Path, pool, terminal);
        OtherBuild.NoteThreads(request.Path, session, terminal);
        OtherBuild.NoteThreads(other, build.Session, terminal);
        var (both, ratiosOfRounds) = Contest.HoldRunForRun(lathe, build.Contender, rounds, seconds, terminal);
        var report = Report(both, ratiosOfRounds, Difference(lathe.Outputs(), build.Contender.Outputs()));
        return steps ? report with { Steps = StepContest.Hold(session, build.Session, rounds * seconds, terminal) } : report;
    }

    private static double Difference(IReadOnlyDictionary<string, Tensor> ours, IReadOnlyDictionary<string, Tensor> theirs)
    {
        double worst = 0;
        foreach (var (name, expected) in theirs)
        {
            var comparison = TensorComparison.Of(ours[name], expected);
            if (comparison.Difference is not null)
                return double.PositiveInfinity;
            double largest = expected.ToDoubleArray().Select(Math.Abs).DefaultIfEmpty(0).Max();
            worst = Math.Max(worst, largest > 0 ? comparison.MaxAbsoluteError / largest : comparison.MaxAbsoluteError);
        }
        return worst;
    }

    private static void Write(BenchReport report, TextWriter output)
    {
        static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
        output.WriteLine($"{report.Model}, {Quantity.Of(report.Threads, "thread")}, {TargetText.Short(report.Target)}");
        output.WriteLine();
        var table = new Table("engine", ">median ms", ">min ms", ">runs", ">load ms");
        foreach (var engine in report.Engines)
            table.Add(engine.Engine, Number(engine.Median, "F4"), Number(engine.Min, "F4"), Quantity.Count(engine.Runs), Number(engine.LoadMilliseconds, "F0"));
        table.Write(output);
        if (report is { Ratio: { } ratio, Ratios: { } rounds, Difference: { } difference })
        {
            output.WriteLine();
            output.WriteLine(
                $"{report.Engines[0].Engine} has {Number(ratio, "F3")}x the speed of {report.Engines[1].Engine} ({Number(rounds.Min(), "F3")} to {Number(rounds.Max(), "F3")} by round); "
                + $"the outputs differ by {Number(difference, "E1")} of their largest element.");
        }
        if (report.Steps is { } pairs)
            WriteSteps(pairs, report.Engines[0].Engine, report.Engines[1].Engine, output);
    }

    private static void WriteSteps(IReadOnlyList<StepPair> steps, string first, string second, TextWriter output)
    {
        static string Time(double? milliseconds) => milliseconds?.ToString("F4", CultureInfo.InvariantCulture) ?? "";
        static string Ratio(double? first, double? second) => first > 0 && second is not null ? (second.Value / first.Value).ToString("F3", CultureInfo.InvariantCulture) : "";
        output.WriteLine();
        var table = new Table("step by step, tenth of all runs", $">{first}, ms", $">{second}, ms", ">speed");
        foreach (var step in steps)
            table.Add(ProfileTable.Shortened(step.Computes), Time(step.First), Time(step.Second), Ratio(step.First, step.Second));
        var (ours, theirs) = (steps.Sum(step => step.First ?? 0), steps.Sum(step => step.Second ?? 0));
        table.Add("all steps", Time(ours), Time(theirs), Ratio(ours, theirs));
        table.Write(output);
    }
}
