using System.CommandLine;
using System.Globalization;
using Lathe.Cli.Printing;
using Lathe.Cli.Profiling;
using Lathe.Cli.Running;

namespace Lathe.Cli.Verbs;

/// <summary>Runs a model or a bundle, on arrays, a picture or made-up numbers.</summary>
internal static class RunVerb
{
    public static Command Create(Terminal terminal)
    {
        var options = new RunOptions();
        var json = SharedOptions.Json();
        var verb = new Verb(
            "run",
            "Runs a model or a bundle on arrays, on a picture, or on made-up numbers, and measures it.",
            "lathe run model.onnx -i inputs.npz -o outputs.npz",
            "lathe run assets/mnist.onnx --print-time --repeat 100 --threads 1",
            "lathe run assets/mnist.onnx --profile --profile-html profile.html",
            "lathe run squeezenet.onnx --image cat.jpg --labels imagenet.txt --top 5 --scale 0.003921569 --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225");
        options.AddTo(verb);
        verb.Add(json);
        verb.SetAction(parsed =>
        {
            var report = ModelRun.Do(options.Read(parsed), terminal);
            if (parsed.GetValue(json))
                JsonOutput.Write(terminal.Out, report);
            else
                Write(report, terminal.Out);
            return 0;
        });
        return verb;
    }

    private static void Write(RunReport report, TextWriter output)
    {
        if (report.Times is { } times)
            output.WriteLine(TimeTable.Format(times));
        foreach (var item in report.Classes ?? [])
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"class='{item.Label}' with probability={item.Value:F6}"));
        if (report.Top is { } top)
        {
            output.WriteLine($"the greatest of '{report.TopOutput}':");
            var table = new Table(">", "", ">");
            foreach (var item in top)
                table.Add(item.Index.ToString(CultureInfo.InvariantCulture), item.Label == item.Index.ToString(CultureInfo.InvariantCulture) ? "" : item.Label, item.Value.ToString("G6", CultureInfo.InvariantCulture));
            table.Write(output, "  ");
        }
        if (report.Profile is { } profile)
            ProfileTable.Write(profile, output);
        if (report.SavedTo is { } path)
            output.WriteLine($"{Quantity.Of(report.Outputs.Count, "output")} saved to {path}");
        if (report.ProfileSavedTo is { } page)
            output.WriteLine($"profile saved to {page}");
        if (report is { Times: null, Classes: null, Top: null, Profile: null, SavedTo: null })
            WriteOutputs(report, output);
    }

    private static void WriteOutputs(RunReport report, TextWriter output)
    {
        static string Number(double? value) => value?.ToString("G6", CultureInfo.InvariantCulture) ?? "";
        var table = new Table("output", "type", ">min", ">max", ">mean");
        foreach (var item in report.Outputs)
            table.Add(item.Name, item.Type, Number(item.Min), Number(item.Max), Number(item.Mean));
        table.Write(output);
    }
}
