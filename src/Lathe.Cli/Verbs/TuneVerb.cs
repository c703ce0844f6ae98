using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Lathe.Cli.Inspection;
using Lathe.Cli.Printing;
using Lathe.Cli.Profiling;
using Lathe.Cli.Tuning;
using Lathe.Compilation;
using Lathe.Compilation.Tuning;
using Lathe.Formats;

namespace Lathe.Cli.Verbs;

/// <summary>Searches for faster schedules by measuring.</summary>
internal static class TuneVerb
{
    /// <summary>What shells take for a command that was interrupted: 128 and the number of SIGINT.</summary>
    public const int InterruptedExitCode = 130;

    public static Command Create(Terminal terminal)
    {
        var model = SharedOptions.Model();
        var output = new Option<string>("--output", "-o") { Description = "the file that records are appended to, a JSON object a line; what it holds counts as trials done", HelpName = "OUT.jsonl", Required = true };
        var trials = SharedOptions.Count("--trials", 0, 1, $"how many schedules are measured, in total for the model and not for each task; if neither this nor --budget is given, {Tuner.TrialsPerTask} times the number of tasks");
        trials.DefaultValueFactory = null;
        var budget = new Option<string?>("--budget") { Description = "the time for everything, as 90s, 10m or 2h; stops with the best so far", HelpName = "TIME" };
        budget.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && Budget.TryParse(result.Tokens[0].Value) is null)
                result.AddError($"--budget takes a time such as 90s, 10m or 2h, not '{result.Tokens[0].Value}'");
        });
        var known = new Option<string?>("--tuning-records") { Description = "records of other models or machines, which say where to start", HelpName = "FILE" };
        var target = SharedOptions.Target();
        var threads = SharedOptions.Threads();
        var exact = SharedOptions.Exact();
        var import = new ImportArguments();
        var json = SharedOptions.Json();
        var verb = new Verb(
            "tune",
            "Measures other ways to make a model's kernels on this machine and keeps the records, from which compile, run and bench take what was faster.",
            "lathe tune model.onnx -o model.jsonl --budget 10m",
            "lathe compile model.onnx -o model.tar --tuning-records model.jsonl")
        {
            model, output, trials, budget, known, target, threads, exact, json, SharedOptions.Verbose("also print where an error came from"),
        };
        import.AddTo(verb);
        verb.SetAction(parsed =>
        {
            var clock = Stopwatch.StartNew();
            string path = parsed.GetRequiredValue(model);
            string file = parsed.GetRequiredValue(output);
            var options = new CompileOptions(Target.Parse(parsed.GetValue(target)), parsed.GetValue(threads), parsed.GetValue(exact));
            CheckTarget(options.Target);
            if (Lathe.Runtime.Bundle.IsBundle(path))
                throw new ModelException("LATHE7041", $"'{path}' is a bundle, whose kernels are made already", "tune the model that it was compiled from");
            var reading = import.Read(parsed);
            var info = ModelReader.Describe(path, reading);
            var graph = OpenExtents.Explain(info, reading.InputShapes, () => ModelReader.Import(path, reading));
            foreach (string note in OpenExtents.Notes(info, graph, reading.InputShapes))
                terminal.Note(note);
            string[] files = [.. new[] { parsed.GetValue(known), File.Exists(file) ? file : null }.OfType<string>().Distinct()];
            var request = new TuneRequest(options, file)
            {
                Trials = parsed.GetValue(trials) is > 0 and var n ? n : null,
                Budget = parsed.GetValue(budget) is { } text ? Budget.TryParse(text) : null,
                Clock = clock,
                Known = [.. files.SelectMany(f => Records.Read(f, terminal))],
                Runner = RunnerCommand.Of(options),
                PeakGflops = KnownPeaks.Of(options.ThreadsToUse, terminal).Gflops,
            };
            var report = Run(request, graph, terminal);
            terminal.EndProgress();
            if (parsed.GetValue(json))
                JsonOutput.Write(terminal.Out, report);
            else
                TuneTable.Write(path, file, report, terminal.Out);
            return report.Interrupted ? InterruptedExitCode : 0;
        });
        return verb;
    }

    /// <summary>The first interrupt ends the search, the second one the process.</summary>
    private static TuneReport Run(TuneRequest request, Graphs.Graph graph, Terminal terminal)
    {
        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext signal)
        {
            if (stop.IsCancellationRequested)
                return;
            signal.Cancel = true;
            stop.Cancel();
        }
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        return new Tuner(request, terminal.Progress, progress => Show(progress, terminal)).Run(graph, stop.Token);
    }

    private static void Show(TuneProgress progress, Terminal terminal)
    {
        if (terminal.Interactive && !progress.IsDone)
        {
            terminal.Progress(TuneTable.Line(progress));
            return;
        }
        terminal.EndProgress();
        terminal.Error.WriteLine(TuneTable.Line(progress));
    }

    private static void CheckTarget(Target target)
    {
        if (target is Target.Llvm { Code: { IsHost: false } code })
            throw new UnsupportedException("LATHE7040", $"code for {code.Triple} cannot be measured on this machine", next: "tune on a machine of that kind, and give the records to --tuning-records here");
    }
}
