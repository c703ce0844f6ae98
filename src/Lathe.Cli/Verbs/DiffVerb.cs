using System.CommandLine;
using System.Globalization;
using Lathe.Cli.Printing;
using Lathe.Cli.Running;
using Lathe.Compilation;
using Lathe.Compilation.Diagnostics;
using Lathe.Compilation.Verification;
using Lathe.Formats;
using Lathe.Formats.Onnx;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Runtime;
using Lathe.Tensors;

namespace Lathe.Cli.Verbs;

/// <summary>Compares two models, or a model on two targets, layer by layer.</summary>
internal static class DiffVerb
{
    private const double UsualBound = 1e-3;

    public static Command Create(Terminal terminal)
    {
        var first = new Argument<string>("A") { Description = "a model" };
        var second = new Argument<string?>("B") { Description = "another model of the same network; A on another target if not given", Arity = ArgumentArity.ZeroOrOne };
        var target = SharedOptions.Target();
        var reference = new Option<string>("--reference") { Description = "what A runs on: 'evaluator' computes every op by its definition in double precision, slowly; or a target", DefaultValueFactory = _ => "evaluator", HelpName = "TARGET" };
        var import = new ImportArguments();
        var inputs = new Option<string?>("--inputs", "-i") { Description = "an .npz file with A's inputs under their names; random if not given", HelpName = "FILE" };
        var bound = new Option<double>("--rtol") { Description = "how far an element may be off, relative to the layer's largest", DefaultValueFactory = _ => UsualBound, HelpName = "X" };
        var repro = new Option<string?>("--repro") { Description = "write a model of the first layer that is off, and its inputs, to this folder", HelpName = "DIR" };
        var json = SharedOptions.Json();
        var exact = SharedOptions.Exact();
        var verb = new Verb(
            "diff",
            "Runs two models, or one on two targets, and compares them layer by layer; names the first layer that is off.",
            "lathe diff model.onnx",
            "lathe diff model.onnx converted.onnx --repro broken")
        {
            first, second, target, reference, inputs, bound, repro, exact, json, SharedOptions.Verbose("also print where an error came from"),
        };
        import.AddTo(verb);
        verb.SetAction(parsed =>
        {
            var reading = import.Read(parsed);
            var a = ModelLoader.Import(parsed.GetRequiredValue(first), reading);
            var b = parsed.GetValue(second) is { } other ? ModelLoader.Import(other, reading) : a;
            var given = InputsOf(a, parsed.GetValue(inputs));
            ModelDiff.RunGraph On(string? text) => text == "evaluator"
                ? new GraphEvaluator(doublePrecision: true).Run
                : new CompileOptions(Target.Parse(text), 0, parsed.GetValue(exact)) is var options ? (graph, tensors) => RunCompiled(graph, tensors, options) : null!;
            terminal.Progress("running both sides");
            var layers = new ModelDiff(On(parsed.GetValue(reference)), On(parsed.GetValue(target))).Run(a, b, given);
            terminal.EndProgress();
            var broken = layers.FirstOrDefault(l => !(l.Relative <= parsed.GetValue(bound)));
            if (parsed.GetValue(json))
                JsonOutput.Write(terminal.Out, new { layers = layers.Select(l => new { l.Name, l.Op, type = l.Type.ToString(), l.Largest, l.Error, l.Relative }), first = broken?.Name });
            else
                Write(layers, broken, terminal.Out);
            if (broken is not null && parsed.GetValue(repro) is { } folder)
                Isolate(a, broken, given, folder, terminal);
            return broken is null ? 0 : 1;
        });
        return verb;
    }

    private static IReadOnlyDictionary<string, Tensor> RunCompiled(Graph graph, IReadOnlyDictionary<string, Tensor> inputs, CompileOptions options)
    {
        using var model = new Compiler(options, PassLog.FromEnvironment()).Load(graph);
        using var session = new Session(model, options.ThreadsToUse);
        return session.Run(inputs);
    }

    private static Dictionary<string, Tensor> InputsOf(Graph graph, string? file)
    {
        var given = file is null ? [] : NpzFile.Read(file);
        return graph.Inputs.Index().ToDictionary(p => ((Input)p.Item.Op).InputName, p =>
        {
            if (given.TryGetValue(((Input)p.Item.Op).InputName, out var array))
                return array;
            var tensor = Tensor.Zeros(p.Item.Element, p.Item.Shape);
            FillMode.Random.Fill(tensor, p.Index + 1);
            return tensor;
        });
    }

    private static void Write(IReadOnlyList<LayerError> layers, LayerError? broken, TextWriter output)
    {
        string Number(double value) => value.ToString("G3", CultureInfo.InvariantCulture);
        var table = new Table("layer", "op", "value", ">largest", ">error", ">relative", "");
        foreach (var layer in layers)
            table.Add(layer.Name, layer.Op, layer.Type.ToString(), Number(layer.Largest), Number(layer.Error), Number(layer.Relative), layer == broken ? "<- first out of bounds" : "");
        table.Write(output);
        output.WriteLine();
        output.WriteLine(broken is null
            ? $"{Quantity.Of(layers.Count, "layer")} compared, none out of bounds"
            : $"{Quantity.Of(layers.Count, "layer")} compared; '{broken.Name}' ({broken.Op}) is the first out of bounds");
    }

    private static void Isolate(Graph graph, LayerError layer, IReadOnlyDictionary<string, Tensor> inputs, string folder, Terminal terminal)
    {
        var (model, elements) = ModelDiff.Isolate(graph, layer, inputs);
        Directory.CreateDirectory(folder);
        ModelWriter.Save(model, Path.Combine(folder, "layer.onnx"), new WriteOptions(OnnxExporter.NewestOpset));
        NpzFile.Write(Path.Combine(folder, "inputs.npz"), elements);
        NpzFile.Write(Path.Combine(folder, "expected.npz"), new GraphEvaluator(doublePrecision: true).Run(model, elements));
        terminal.Note($"{folder} has layer.onnx, inputs.npz and expected.npz: lathe diff {Path.Combine(folder, "layer.onnx")} -i {Path.Combine(folder, "inputs.npz")}");
    }
}
