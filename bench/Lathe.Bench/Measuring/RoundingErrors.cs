using System.Diagnostics;
using System.Globalization;
using Lathe.Bench.Models;
using Lathe.Compilation;
using Lathe.Compilation.Diagnostics;
using Lathe.Formats;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Runtime;
using Lathe.Tensors;

namespace Lathe.Bench.Measuring;

/// <summary>A model and what its ops mean when they are computed in double precision: the measure of what code in single precision gives.</summary>
internal sealed class RoundingErrors
{
    private readonly Graph _graph;
    private readonly IReadOnlyDictionary<string, Tensor> _inputs;
    private readonly IReadOnlyDictionary<string, Tensor> _exact;

    private RoundingErrors(Graph graph, IReadOnlyDictionary<string, Tensor> inputs)
    {
        (_graph, _inputs) = (graph, inputs);
        var watch = Stopwatch.StartNew();
        _exact = new GraphEvaluator(doublePrecision: true).Run(graph, inputs);
        EvaluationSeconds = watch.Elapsed.TotalSeconds;
    }

    /// <summary>How long the evaluator took.</summary>
    public double EvaluationSeconds { get; }

    public static RoundingErrors Of(BenchModel model)
    {
        var shapes = new InputShapes();
        foreach (var (name, tensor) in model.Inputs)
            shapes.Add(name, tensor.Shape);
        return new(Formats.Onnx.OnnxImporter.Import(model.Onnx, new ImportOptions { InputShapes = shapes }), model.Inputs);
    }

    /// <summary>A model of any format on random inputs like pixels.</summary>
    public static RoundingErrors OfFile(string path, InputShapes shapes)
    {
        var graph = ModelLoader.Import(path, new ImportOptions { InputShapes = shapes });
        var random = new RandomTensors(seed: 1);
        return new(graph, graph.Inputs.ToDictionary(i => ((Input)i.Op).InputName, i => random.Any(i.Element, [.. i.Shape.Select(d => d.Value)])));
    }

    /// <summary>The largest difference of an output's element from the exact one, relative to that output's largest; the worst output counts.</summary>
    public double Of(CompileOptions options)
    {
        using var model = new Compiler(options, PassLog.FromEnvironment()).Load(_graph);
        using var session = new Session(model, options.ThreadsToUse);
        var results = session.Run(_inputs);
        return _exact.Max(e => TensorComparison.Of(results[e.Key], e.Value) is { Difference: null, MaxExpected: > 0 } c ? c.MaxAbsoluteError / c.MaxExpected : double.NaN);
    }

    public static void Header(TextWriter output)
    {
        output.WriteLine("| model | threads | error | with --exact-conv | evaluated in |");
        output.WriteLine("|---|---|---|---|---|");
    }

    public void Write(string name, Target target, IEnumerable<int> threads, TextWriter output)
    {
        foreach (int count in threads)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {name} | {count} | {Of(new CompileOptions(target, count)):E1} | {Of(new CompileOptions(target, count, Exact: true)):E1} | {EvaluationSeconds:F0} s |"));
    }
}
