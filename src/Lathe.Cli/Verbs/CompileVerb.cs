using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Lathe.Cli.Packaging;
using Lathe.Cli.Printing;
using Lathe.Cli.Tuning;
using Lathe.Compilation;

namespace Lathe.Cli.Verbs;

/// <summary>Compiles a model to a bundle.</summary>
internal static class CompileVerb
{
    public static Command Create(Terminal terminal)
    {
        var model = SharedOptions.Model();
        var output = new Option<string>("--output", "-o") { Description = "the bundle to write, a tar of mod.so, mod.json and mod.params", HelpName = "OUT.tar", Required = true };
        var target = SharedOptions.Target();
        var import = new ImportArguments();
        var threads = SharedOptions.Threads();
        var exact = SharedOptions.Exact();
        var records = SharedOptions.TuningRecords();
        var dump = new Option<string?>("--dump-code") { Description = $"also write the code as text, with commas between: {string.Join(", ", CodeDump.Forms)}; OUT.tar.ll and so on", HelpName = "FORMS" };
        dump.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && CodeDump.Split(result.Tokens[0].Value).FirstOrDefault(f => !CodeDump.Forms.Contains(f)) is { } unknown)
                result.AddError($"--dump-code takes {string.Join(", ", CodeDump.Forms)}, not '{unknown}'");
        });
        var header = new Option<bool>("--header") { Description = "also write the C header of what is compiled, OUT.tar.h" };
        var verbose = SharedOptions.Verbose("print the passes with their times, and what was made; also where an error came from");
        var json = SharedOptions.Json();
        var verb = new Verb(
            "compile",
            "Compiles a model to native code: a bundle that 'lathe run', an application or a C program runs.",
            "lathe compile assets/mnist.onnx -o mnist.tar",
            "lathe compile model.onnx -o model.tar --tuning-records model.jsonl",
            "lathe compile model.onnx -o model.tar --target \"llvm -mtriple=aarch64-linux-gnu\" --input-shapes \"data:[1,3,224,224]\"")
        {
            model, output, target, threads, exact, records, dump, header, json, verbose,
        };
        import.AddTo(verb);
        verb.SetAction(parsed =>
        {
            var clock = Stopwatch.StartNew();
            var options = Records.ApplyTo(
                new(Target.Parse(parsed.GetValue(target)), parsed.GetValue(threads), parsed.GetValue(exact)), parsed.GetValue(records), terminal);
            var request = new PackageRequest(
                parsed.GetRequiredValue(model), parsed.GetRequiredValue(output), options, import.Read(parsed),
                CodeDump.Split(parsed.GetValue(dump) ?? ""), parsed.GetValue(header));
            var report = Packager.Make(request, terminal) with { Seconds = clock.Elapsed.TotalSeconds };
            if (parsed.GetValue(json))
                JsonOutput.Write(terminal.Out, report);
            else
                Write(report, parsed.GetValue(verbose), terminal);
            return 0;
        });
        return verb;
    }

    private static void Write(PackageReport report, bool verbose, Terminal terminal)
    {
        var output = terminal.Out;
        if (verbose)
        {
            var passes = new Table("pass", ">ms", "");
            foreach (var pass in report.Passes)
                passes.Add(pass.Name, pass.Milliseconds.ToString("F1", CultureInfo.InvariantCulture), pass.Changed ? "" : "(unchanged)");
            passes.Write(output);
            output.WriteLine();
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.Model} -> {report.Bundle} in {report.Seconds:F1} s, for {(verbose ? report.Target : TargetText.Short(report.Target))}"));
        var facts = new Table("", ">", "");
        facts.Add("code", Quantity.Bytes(report.CodeBytes), $"{report.CodeFile}, {Quantity.Of(report.Kernels, "kernel")} in {Quantity.Of(report.Steps, "step")}");
        if (report.TunedSteps is { } tuned)
            facts.Add("tuned steps", Quantity.Count(tuned), "with a schedule that measured faster than the default");
        facts.Add("parameters", Quantity.Bytes(report.ParameterBytes));
        facts.Add("work space", Quantity.Bytes(report.ArenaBytes));
        facts.Add("transposes", Quantity.Count(report.Transposes), "left after the layout was chosen");
        facts.Write(output, "  ");
        foreach (string file in report.Files)
            output.WriteLine($"  also {file}");
        foreach (string note in report.Notes)
            terminal.Note(note);
    }
}
