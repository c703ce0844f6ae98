using System.CommandLine;
using System.Globalization;
using Lathe.Compilation;
using Lathe.Compilation.Diagnostics;
using Lathe.Compilation.Verification;
using Lathe.Runtime;
using Lathe.Tensors;

namespace Lathe.Cli.Verbs;

/// <summary>Runs models on recorded inputs and compares with recorded outputs.</summary>
internal static class VerifyVerb
{
    public static Command Create(Terminal terminal)
    {
        var paths = new Argument<string[]>("PATH")
        {
            Description = "folders that hold cases, at any depth: a model beside test_data_set_N/input_K.pb and output_K.pb, or test_data_set_N/inputs.npz and outputs.npz",
            Arity = ArgumentArity.OneOrMore,
        };
        var target = SharedOptions.Target();
        var threads = SharedOptions.Threads();
        var exact = SharedOptions.Exact();
        var rtol = Tolerance("--rtol", "how far an element may be off, relative to the recorded one; 1e-3 if not given");
        var atol = Tolerance("--atol", "how far it may be off besides; 1e-5 of the output's largest element if not given");
        var json = new Option<string?>("--json") { Description = "a file for all results", HelpName = "FILE" };
        var all = SharedOptions.Verbose("print a line for each case as it ends, and where an error came from");
        var verb = new Verb(
            "verify",
            "Runs models on recorded inputs and compares with recorded outputs: the layout of ONNX's backend tests and model zoo.",
            "lathe verify /usr/share/libonnx-testdata/data/node",
            "lathe verify models/squeezenet --rtol 1e-2 --target managed")
        {
            paths, target, threads, exact, rtol, atol, json, all,
        };
        verb.SetAction(parsed =>
        {
            var options = new CompileOptions(Target.Parse(parsed.GetValue(target)), parsed.GetValue(threads), parsed.GetValue(exact));
            var cases = parsed.GetRequiredValue(paths).SelectMany(ConformanceCase.Find).ToList();
            using var pool = new WorkerPool(options.Threads);
            var runner = new ConformanceRunner((graph, inputs) =>
            {
                using var model = new Compiler(options, PassLog.FromEnvironment()).Load(graph);
                using var session = new Session(model, pool);
                return session.Run(inputs);
            }, parsed.GetValue(rtol) ?? 1e-3, parsed.GetValue(atol));
            int done = 0;
            var report = runner.Run(cases, result =>
            {
                terminal.Progress($"{++done}/{cases.Count} {result.Name}");
                if (parsed.GetValue(all))
                    terminal.Error.WriteLine($"{result.Outcome,-7}  {result.Name}  {result.Milliseconds.ToString("F0", CultureInfo.InvariantCulture)} ms");
            });
            terminal.EndProgress();
            if (parsed.GetValue(json) is { } file)
                AtomicFile.WriteAllText(file, report.ToJson() + "\n");
            terminal.Out.Write(report.ToTable());
            return report.Failed > 0 ? 1 : 0;
        });
        return verb;
    }

    private static Option<double?> Tolerance(string name, string description)
    {
        var option = new Option<double?>(name) { Description = description, HelpName = "X" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !(double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= 0))
                result.AddError($"{name} takes a number of at least 0, not '{result.Tokens[0].Value}'");
        });
        return option;
    }
}
