using System.CommandLine;
using System.Globalization;
using Lathe.Cli.Inspection;
using Lathe.Cli.Printing;
using Lathe.Compilation;
using Lathe.Formats;
using Lathe.Graphs.Cost;
using Lathe.Runtime;

namespace Lathe.Cli.Verbs;

/// <summary>Says what a model is and what it costs.</summary>
internal static class InspectVerb
{
    public static Command Create(Terminal terminal)
    {
        var model = SharedOptions.Model("; or a bundle that 'lathe compile' made");
        var import = new ImportArguments();
        var flops = new Option<string?>("--flops")
        {
            Description = $"count as one tool does: {string.Join(", ", FlopDialects.All.Select(d => d.Name))}; all if not given",
            HelpName = "DIALECT",
        };
        var json = SharedOptions.Json();
        var target = SharedOptions.Target();
        var verb = new Verb(
            "inspect",
            "Says what a model is and what it costs: layers, parameters, operations as six tools count them, memory.",
            "lathe inspect assets/mnist.onnx",
            "lathe inspect assets/mnist.onnx --input-shapes \"image:[32,1,28,28]\" --flops tf")
        {
            model, flops, target, json, SharedOptions.Verbose("also print where an error came from"),
        };
        import.AddTo(verb);
        verb.SetAction(parsed =>
        {
            var dialects = Dialects(parsed.GetValue(flops));
            var options = import.Read(parsed);
            string path = parsed.GetRequiredValue(model);
            if (Bundle.IsBundle(path))
            {
                var bundle = BundleSummary.Of(path);
                if (parsed.GetValue(json))
                    JsonOutput.Write(terminal.Out, bundle);
                else
                    bundle.Write(terminal.Out);
                return 0;
            }
            var chosen = Target.Parse(parsed.GetValue(target));
            terminal.Progress($"reading {path}");
            var info = ModelReader.Describe(path, options);
            var graph = OpenExtents.Explain(info, options.InputShapes, () => ModelReader.Import(path, options));
            var notes = OpenExtents.Notes(info, graph, options.InputShapes).ToList();
            if (dialects is [TfLiteFlops tflite] && !parsed.GetValue(json))
            {
                terminal.EndProgress();
                notes.ForEach(terminal.Note);
                terminal.Out.Write(tflite.Report(graph, info.Operators));
                return 0;
            }
            terminal.Progress($"counting {path}");
            var summary = ModelSummary.Of(path, info, graph, dialects, chosen, notes);
            terminal.EndProgress();
            if (parsed.GetValue(json))
                JsonOutput.Write(terminal.Out, summary);
            else
                Write(summary, terminal);
            return 0;
        });
        return verb;
    }

    private static IReadOnlyList<IFlopDialect> Dialects(string? name)
    {
        if (name is null)
            return FlopDialects.All;
        var names = FlopDialects.All.Select(d => d.Name);
        return FlopDialects.Find(name) is { } dialect ? [dialect] : throw new UsageException(
            "LATHE7005", $"--flops: there is no dialect '{name}'", UsageErrors.Suggest(name, names) ?? $"the dialects are: {string.Join(", ", names)}");
    }

    private static void Write(ModelSummary summary, Terminal terminal)
    {
        var output = terminal.Out;
        string opsets = string.Join(", ", summary.Opsets.Select(o => o.Key == "ai.onnx" ? $"opset {o.Value}" : $"{o.Key} {o.Value}"));
        output.WriteLine($"{summary.Model}: {summary.Format}, {(opsets.Length > 0 ? $"{opsets}, IR " : "")}version {summary.FormatVersion}{(summary.Producer.Length > 0 ? $", made by {summary.Producer}" : "")}");
        output.WriteLine();
        var ports = new Table("", "", "");
        foreach (var input in summary.Inputs)
            ports.Add("input", input.Name, input.Type);
        foreach (var result in summary.Outputs)
            ports.Add("output", result.Name, result.Type);
        foreach (var fact in summary.Facts)
            ports.Add(fact.Name, fact.Text, "");
        ports.Write(output);
        output.WriteLine();

        // One dialect is shown for each layer: the one that was asked for, else Lathe's own.
        var shown = summary.Counts[0];
        var layers = new Table("layer", "ops", "output", ">parameters", ">MACs", $">{shown.Unit} ({shown.Dialect})");
        foreach (var layer in summary.Layers)
        {
            layers.Add(layer.Name, layer.Op, layer.Output, Quantity.CountOrBlank(layer.Parameters), Quantity.CountOrBlank(layer.Macs),
                Quantity.CountOrBlank(layer.Counts[shown.Dialect]));
        }
        layers.Write(output);
        output.WriteLine();

        var totals = new Table("", ">", "");
        totals.Add("parameters", Quantity.Count(summary.Parameters), Quantity.Bytes(summary.WeightBytes));
        totals.Add("MACs", Quantity.Count(summary.Macs), "multiply-accumulates");
        foreach (var count in summary.Counts)
            totals.Add($"{count.Unit} ({count.Dialect})", Quantity.Count(count.Total));
        totals.Add("activations", Quantity.Count(summary.ActivationBytes), "bytes, all layers' outputs together");
        totals.Add("work space", summary.ArenaBytes is { } arena ? Quantity.Count(arena) : "unknown", "bytes at once, when compiled");
        totals.Add("intensity", summary.ArithmeticIntensity.ToString("0.00", CultureInfo.InvariantCulture), "FLOPs (lathe) for each byte of weights and activations");
        totals.Write(output);
        foreach (string note in summary.Notes)
            terminal.Note(note);
    }
}
