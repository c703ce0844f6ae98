using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Lathe.Cli.Measuring;
using Lathe.Cli.Printing;
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
        var versus = new Option<string?>("--vs") { Description = $"a peer to measure in turns: {string.Join(" or ", PeerModel.Names)}, whose libraries eng/fetch.sh --bench fetches", HelpName = "PEER" };
        versus.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !PeerModel.Names.Contains(result.Tokens[0].Value))
                result.AddError($"--vs takes {string.Join(" or ", PeerModel.Names)}, not '{result.Tokens[0].Value}'");
        });
        var rounds = SharedOptions.Count("--rounds", 7, 1, "how often the engines take turns");
        var seconds = new Option<double>("--seconds") { Description = "how long a turn is", DefaultValueFactory = _ => 0.5, HelpName = "S" };
        seconds.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !(double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value is >= 0 and <= 3600))
                result.AddError($"--seconds takes a number of 0 to 3600, not '{result.Tokens[0].Value}'");
        });
        var json = SharedOptions.Json();
        var verb = new Verb(
            "bench",
            "Measures how long a model takes, alone or in turns with ONNX Runtime or TensorFlow Lite in one process.",
            "lathe bench assets/mnist.onnx --threads 1",
            "lathe bench model.onnx --threads 2 --vs onnxruntime",
            "lathe bench model.tflite --threads 1 --vs tflite")
        {
            model, target, threads, records, versus, rounds, seconds, json, SharedOptions.Verbose("also print where an error came from"),
        };
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
            var report = Measure(request, parsed.GetValue(versus), parsed.GetValue(rounds), parsed.GetValue(seconds), terminal);
            if (parsed.GetValue(json))
                JsonOutput.Write(terminal.Out, report);
            else
                Write(report, terminal.Out);
            return 0;
        });
        return verb;
    }

    /// <summary>Ratio is the peer's time over Lathe's, the median of the rounds; Difference the largest of any output's elements over the output's largest.</summary>
    private sealed record BenchReport(string Model, string Target, int Threads, IReadOnlyList<EngineTimes> Engines, double? Ratio, double? Difference);

    private static BenchReport Measure(RunRequest request, string? peerName, int rounds, double seconds, Terminal terminal)
    {
        if (peerName is not null && Bundle.IsBundle(request.Path))
            throw new UsageException("LATHE7033", "a bundle cannot be given to another engine", "give the model itself");
        long start = Stopwatch.GetTimestamp();
        var binding = new InputBinding(request, terminal);
        using var loaded = ModelRun.Load(request, binding, terminal);
        using var session = new Session(loaded, request.Threads);
        binding.Bind(session);
        var lathe = new Contender("Lathe", Stopwatch.GetElapsedTime(start).TotalMilliseconds, session.Run, () => session.Info.Outputs.ToDictionary(o => o.Name, o => session.Output(o.Name)));
        if (peerName is null)
            return new(request.Path, session.Info.Target, session.Threads, Contest.Hold([lathe], rounds, seconds, terminal), null, null);
        using var peer = PeerModel.Load(peerName, request.Path, session);
        var times = Contest.Hold([lathe, peer.Contender], rounds, seconds, terminal);
        double ratio = Contest.Median(times[1].Rounds.Zip(times[0].Rounds, (theirs, ours) => theirs / ours));
        return new(request.Path, session.Info.Target, session.Threads, times, ratio, Difference(lathe.Outputs(), peer.Contender.Outputs()));
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
        if (report is { Ratio: { } ratio, Difference: { } difference })
        {
            output.WriteLine();
            output.WriteLine($"Lathe has {Number(ratio, "F2")}x the speed of {report.Engines[1].Engine}; the outputs differ by {Number(difference, "E1")} of their largest element.");
        }
    }
}
