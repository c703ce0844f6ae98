using Lathe.Bench.Models;
using Lathe.Compilation;
using Lathe.Formats.Onnx;
using Lathe.Formats.TFLite;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Peers;
using Lathe.Tensors;
using Lathe.Tests.Compilation;

namespace Lathe.Tests.Formats.TFLite;

/// <summary>Written models in TensorFlow Lite's own C library.</summary>
public class TFLiteExporterRuntimeTests
{
    private static readonly GraphEvaluator Evaluator = new();

    /// <summary>Ops with samples that TensorFlow Lite refuses or answers differently, and why.</summary>
    private static readonly Dictionary<string, string> DiffersInRuntime = new()
    {
        ["Acos"] = "ATAN2 came later",
        ["Asin"] = "ATAN2 came later",
        ["Atan"] = "ATAN2 came later",
        ["BitwiseXor"] = "BITWISE_XOR came later",
        ["Cast"] = "conversions to and from u16 came later, and out of range give what the processor gives",
        ["Gather"] = "an index out of range is taken as its remainder",
        ["Mod"] = "a remainder by 0 stops the run",
        ["Resize"] = "u8 does not saturate, where cubic interpolation goes out of range",
        ["QLinearConv"] = "TFLite's integer kernels round twice",
        ["QLinearMatMul"] = "TFLite's integer kernels round twice",
        ["QuantizeLinear"] = "halves are rounded away from zero",
        ["ScatterElements"] = "a place that is written twice has the sum",
        ["ScatterND"] = "a place that is written twice has the sum",
        ["TopK"] = "NaN has no place in the order",
    };

    [TfLiteRuntimeFact]
    public void Every_op_gives_the_same()
    {
        var library = new TfLite();
        var failures = new List<string>();
        int run = 0;
        foreach (string name in OpModels.Ops.Select(t => t.Name))
        {
            foreach (var (sample, graph, inputs) in OpModels.WithoutHalves(name))
            {
                byte[] file;
                try
                {
                    file = TFLiteExporter.Export(sample);
                }
                catch (UnsupportedException)
                {
                    continue;
                }
                try
                {
                    using var session = library.Load(file);
                    var actual = session.Run([.. graph.Inputs.Select(i => inputs[((Input)i.Op).InputName])]);
                    run++;
                    foreach (var ((output, expected), result) in Evaluator.Run(graph, inputs).Zip(actual))
                        if (!DiffersInRuntime.ContainsKey(name) && TensorComparison.Of(result, expected, 1e-5, 1e-5) is { Matches: false } comparison)
                            failures.Add($"{name} {output} {graph.Outputs[0].Value.Node}: {comparison}");
                }
                catch (TfLiteException e)
                {
                    if (!DiffersInRuntime.ContainsKey(name))
                        failures.Add($"{graph.Outputs[0].Value.Node}: {e.Message}");
                }
            }
        }
        Assert.True(failures.Count == 0, $"{run} ran, {failures.Count} differ:\n{string.Join('\n', failures)}");
    }

    [TfLiteRuntimeTheory]
    [InlineData("mnist")]
    [InlineData("squeezenet1.1")]
    [InlineData("mobilenetv3-small")]
    [InlineData("bert-tiny")]
    public void A_network_gives_the_same_without_transposes_inside(string name)
    {
        var graph = OnnxImporter.Import(BenchModels.Build(name).Onnx);
        byte[] file = TFLiteExporter.Export(graph);

        AssertSame(graph, file);
        int images = graph.Inputs.Concat(graph.Outputs.Select(o => o.Value)).Count(v => v.Type.Rank == 4);
        int transposes = TFLiteImporter.Import(file).Nodes.Count(n => n.Op is Transpose);
        Assert.True(name.StartsWith("bert", StringComparison.Ordinal) || transposes <= images, $"{transposes} transposes for {images} images");
    }

    [TfLiteRuntimeFact]
    public void A_trained_model_gives_the_same()
    {
        var graph = OnnxImporter.Import(TestFiles.InSource("../../../assets/mnist.onnx"));
        AssertSame(graph, TFLiteExporter.Export(graph));
    }

    /// <summary>Outputs on random inputs are within 1e-5 of the largest element.</summary>
    private static void AssertSame(Graph graph, byte[] file)
    {
        var inputs = Compiled.RandomInputs(graph, 7);
        using var session = new TfLite().Load(file);
        var actual = session.Run([.. graph.Inputs.Select(i => inputs[((Input)i.Op).InputName])]);
        foreach (var ((output, expected), result) in Compiled.Run(graph, inputs, Target.Parse(null)).Zip(actual))
        {
            double largest = expected.ToDoubleArray().Select(Math.Abs).DefaultIfEmpty(0).Max();
            var comparison = TensorComparison.Of(result, expected, 0, 1e-5 * Math.Max(1, largest));
            Assert.True(comparison.Matches, $"{output}: {comparison}");
        }
    }
}
