using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Lathe.Cli.Conversion;
using Lathe.Cli.Printing;
using Lathe.Cli.Running;
using Lathe.Compilation;
using Lathe.Formats;
using Lathe.Formats.Onnx;
using Lathe.Graphs;
using Lathe.Graphs.Cost;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Cli.Verbs;

/// <summary>Reads a model of one format and writes it in another.</summary>
internal static class ConvertVerb
{
    /// <summary>How far outputs of the written model may be from those of the model that was read, relative to the largest element.</summary>
    private const double Tolerance = 1e-3;

    public static Command Create(Terminal terminal)
    {
        var model = new Argument<string?>("MODEL") { Description = "the model to read; its format is told by its content", Arity = ArgumentArity.ZeroOrOne };
        var named = new SpelledOption(
            new("--saved-model") { Description = "the same as MODEL; so are --keras, --graphdef and what else converters call it", HelpName = "MODEL" },
            "--saved_model_dir", "--keras", "--keras_model_file", "--graphdef", "--graph_def_file", "--input");
        var output = new SpelledOption(
            new("--output", "-o") { Description = $"the file to write; its format is told by its ending: {string.Join(", ", ModelWriter.Endings)}", HelpName = "FILE" }, "--output_file");
        var half = new Option<bool>("--fp16") { Description = "store the weights of a TFLite file in half precision" };
        var opset = new Option<int>("--opset") { Description = $"the operator set of an ONNX file, {OnnxExporter.OldestOpset} to {OnnxExporter.NewestOpset}", DefaultValueFactory = _ => OnnxExporter.DefaultOpset, HelpName = "N" };
        var import = new ImportArguments(converter: true);
        var turnedInputs = Names("--inputs-as-nchw", "inputs with channels last that are to take channels first in the written model, with commas between");
        var turnedOutputs = Names("--outputs-as-nchw", "likewise for outputs");
        var verify = SharedOptions.Count("--verify", 0, 0, "run both models on N inputs, and print how far their outputs are apart");
        var data = new Option<string?>("--input-data", "-i") { Description = "an .npz file with the inputs of the first of these runs; random if not given", HelpName = "FILE" };
        var target = SharedOptions.Target();
        var json = SharedOptions.Json();
        var verb = new Verb(
            "convert",
            "Reads a model of one format and writes it in another; says what it costs before and after.",
            "lathe convert model.onnx -o older.onnx --opset 11 --verify 3",
            "lathe convert model.h5 -o model.tflite",
            "lathe convert --saved_model_dir=export/1 --output_file=model.tflite",
            "lathe convert --saved-model export/1 --signature serving_default -o model.onnx --inputs-as-nchw image")
        {
            model,
        };
        output.AddTo(verb);
        named.AddTo(verb);
        foreach (var option in new Option[] { opset, half, turnedInputs, turnedOutputs, verify, data, target, json, SharedOptions.Verbose("also print where an error came from") })
            verb.Add(option);
        import.AddTo(verb);
        verb.SetAction(parsed =>
        {
            string?[] models = [.. new[] { parsed.GetValue(model), named.Value(parsed) }.Where(m => m is not null)];
            if (models is not [{ } path])
                throw new UsageException("LATHE7002", $"convert takes one model, and {(models.Length == 0 ? "none" : "two")} are given", "lathe convert model.h5 -o model.tflite");
            string file = output.Value(parsed) ?? throw new UsageException("LATHE7002", "--output is missing: the file to write", "lathe convert model.h5 -o model.tflite");
            terminal.Progress($"reading {path}");
            var reading = import.Read(parsed);
            var before = ChannelsFirstPorts.Turn(ModelLoader.Import(path, reading), SharedOptions.Split(parsed.GetValue(turnedInputs)), SharedOptions.Split(parsed.GetValue(turnedOutputs)));
            terminal.Progress($"writing {file}");
            ModelWriter.Save(before, file, new WriteOptions(parsed.GetValue(opset), parsed.GetValue(half)));
            var after = ModelLoader.Import(file);
            var report = new ConversionReport(path, ModelFacts.Of(path, before), file, ModelFacts.Of(file, after), []);
            if (parsed.GetValue(verify) is > 0 and var runs)
            {
                terminal.Progress($"comparing {path} and {file}");
                var given = parsed.GetValue(data) is { } archive ? NpzFile.Read(archive) : [];
                var options = new CompileOptions(Target.Parse(parsed.GetValue(target)));
                report = report with { Differences = OutputDifference.Measure(before, after, options, runs, run => InputsOf(before, run == 0 ? given : [], reading.InputValues, run)) };
            }
            terminal.EndProgress();
            if (parsed.GetValue(json))
                JsonOutput.Write(terminal.Out, report);
            else
                Write(report, terminal.Out);
            return report.Differences.All(d => d.Relative <= Tolerance) ? 0 : 1;
        });
        return verb;
    }

    private static Option<string?> Names(string name, string description) => new(name) { Description = description, HelpName = "NAMES" };

    /// <summary>The given arrays, else the values that hold for every run, and random numbers for the rest.</summary>
    private static Dictionary<string, Tensor> InputsOf(Graph graph, IReadOnlyDictionary<string, Tensor> given, IReadOnlyDictionary<string, Tensor> known, int run) => graph.Inputs.Index().ToDictionary(
        p => ((Input)p.Item.Op).InputName,
        p =>
        {
            string name = ((Input)p.Item.Op).InputName;
            if (given.TryGetValue(name, out var array))
            {
                return array.Type == p.Item.Element && array.Shape == p.Item.Shape
                    ? array
                    : throw new ModelException("LATHE7031", $"'{name}' is {p.Item.Type} in the model and {array} in the file");
            }
            if (known.TryGetValue(name, out var value))
                return InputValues.As(value, p.Item.Element, p.Item.Shape);
            var tensor = Tensor.Zeros(p.Item.Element, p.Item.Shape);
            FillMode.Random.Fill(tensor, (run * graph.Inputs.Length) + p.Index);
            return tensor;
        });

    private static void Write(ConversionReport report, TextWriter output)
    {
        output.WriteLine($"{report.Source} -> {report.File}");
        var (before, after) = (report.Before, report.After);
        var table = new Table("", ">before", ">after");
        table.Add("file", Quantity.Bytes(before.FileBytes), Quantity.Bytes(after.FileBytes));
        table.Add("nodes", Quantity.Count(before.Nodes), Quantity.Count(after.Nodes));
        table.Add("transposes", Quantity.Count(before.Transposes), Quantity.Count(after.Transposes));
        table.Add("parameters", Quantity.Count(before.Parameters), Quantity.Count(after.Parameters));
        table.Add("weights", Quantity.Bytes(before.WeightBytes), Quantity.Bytes(after.WeightBytes));
        table.Add("MACs", Quantity.Count(before.Macs), Quantity.Count(after.Macs));
        foreach (var dialect in FlopDialects.All)
            table.Add($"{dialect.Unit} ({dialect.Name})", Quantity.Count(before.Flops[dialect.Name]), Quantity.Count(after.Flops[dialect.Name]));
        table.Write(output, "  ");
        if (report.Differences.Count == 0)
            return;
        output.WriteLine();
        var differences = new Table("output", ">largest error", ">of the largest element");
        foreach (var d in report.Differences)
            differences.Add(d.Output, d.LargestError.ToString("G3", CultureInfo.InvariantCulture), d.Relative.ToString("G3", CultureInfo.InvariantCulture));
        differences.Write(output, "  ");
    }
}
