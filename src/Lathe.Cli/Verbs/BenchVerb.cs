using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Lathe.Cli.Measuring;
using Lathe.Cli.Printing;
using Lathe.Cli.Running;
using Lathe.Formats;
using Lathe.Peers;
using Lathe.Runtime;
using Lathe.Tensors;

namespace Lathe.Cli.Verbs;

/// <summary>Measures a model, and ONNX Runtime on the same model in turns with it.</summary>
internal static class BenchVerb
{
    private const string OnnxRuntimeName = "onnxruntime";

    public static Command Create(Terminal terminal)
    {
        var model = SharedOptions.Model("; or a bundle");
        var target = SharedOptions.Target();
        var threads = SharedOptions.Threads();
        var import = new ImportArguments();
        var records = SharedOptions.TuningRecords();
        var versus = new Option<string?>("--vs") { Description = "a peer to measure in turns: onnxruntime, whose library eng/fetch.sh --bench fetches (LATHE_ORT)", HelpName = "PEER" };
        versus.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && result.Tokens[0].Value != OnnxRuntimeName)
                result.AddError($"--vs takes {OnnxRuntimeName}, not '{result.Tokens[0].Value}'");
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
            "Measures how long a model takes, alone or in turns with ONNX Runtime in one process.",
            "lathe bench assets/mnist.onnx --threads 1",
            "lathe bench model.onnx --threads 2 --vs onnxruntime")
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
            var report = Measure(request, parsed.GetValue(versus) is not null, parsed.GetValue(rounds), parsed.GetValue(seconds), terminal);
            if (parsed.GetValue(json))
                JsonOutput.Write(terminal.Out, report);
            else
                Write(report, terminal.Out);
            return 0;
        });
        return verb;
    }

    /// <summary>Ratio is ONNX Runtime's time over Lathe's, the median of the rounds; Difference the largest of any output's elements over the output's largest.</summary>
    private sealed record BenchReport(string Model, string Target, int Threads, IReadOnlyList<EngineTimes> Engines, double? Ratio, double? Difference);

    private static BenchReport Measure(RunRequest request, bool withPeer, int rounds, double seconds, Terminal terminal)
    {
        if (withPeer && Bundle.IsBundle(request.Path))
            throw new UsageException("LATHE7030", "a bundle cannot be given to ONNX Runtime", "give the model itself");
        if (withPeer && FindPeer() is null)
            throw new UnsupportedException("LATHE7031", "ONNX Runtime's library was not found", next: $"fetch it with eng/fetch.sh --bench, or set {OnnxRuntimeLibrary.Variable} to its path");
        long start = Stopwatch.GetTimestamp();
        var binding = new InputBinding(request, terminal);
        using var loaded = ModelRun.Load(request, binding, terminal);
        using var session = new Session(loaded, request.Threads);
        binding.Bind(session);
        var lathe = new Contender("Lathe", Stopwatch.GetElapsedTime(start).TotalMilliseconds, session.Run, () => session.Info.Outputs.ToDictionary(o => o.Name, o => session.Output(o.Name)));
        if (!withPeer)
            return new(request.Path, session.Info.Target, session.Threads, Contest.Hold([lathe], rounds, seconds, terminal), null, null);
        try
        {
            start = Stopwatch.GetTimestamp();
            using var runtime = new OnnxRuntime();
            using var peer = runtime.LoadFile(request.Path, session.Threads);
            using var call = peer.Bind(session.Info.Inputs.ToDictionary(i => i.Name, i => session.Input(i.Name)));
            var other = new Contender($"ONNX Runtime {runtime.Version}", Stopwatch.GetElapsedTime(start).TotalMilliseconds, call.Run, () => call.Outputs);
            var times = Contest.Hold([lathe, other], rounds, seconds, terminal);
            double ratio = Contest.Median(times[1].Rounds.Zip(times[0].Rounds, (theirs, ours) => theirs / ours));
            return new(request.Path, session.Info.Target, session.Threads, times, ratio, Difference(lathe.Outputs(), other.Outputs()));
        }
        catch (OnnxRuntimeException e)
        {
            throw new UnsupportedException("LATHE7032", $"ONNX Runtime: {e.Message}", next: "measure Lathe alone, without --vs");
        }
    }

    private static string? FindPeer()
    {
        try
        {
            return OnnxRuntimeLibrary.Find();
        }
        catch (OnnxRuntimeException e)
        {
            throw new UnsupportedException("LATHE7031", e.Message, next: $"fetch it with eng/fetch.sh --bench, or set {OnnxRuntimeLibrary.Variable} to its path");
        }
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
