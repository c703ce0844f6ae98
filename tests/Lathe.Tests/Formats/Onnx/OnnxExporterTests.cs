using Lathe.Bench.Models;
using Lathe.Formats.Onnx;
using Lathe.Formats.Onnx.Exporting;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Peers;
using Lathe.Tensors;
using Lathe.Tests.Bench;
using Lathe.Tests.Compilation;
using Lathe.Tests.Graphs;
using Value = Lathe.Graphs.Value;

namespace Lathe.Tests.Formats.Onnx;

public class OnnxExporterTests
{
    private static readonly GraphEvaluator Evaluator = new();

    /// <summary>Ops with samples on which ONNX Runtime stops or differs, and why.</summary>
    private static readonly Dictionary<string, string> DiffersInRuntime = new()
    {
        ["Cast"] = "out of range, a conversion to unsigned integers gives what the processor gives",
        ["Resize"] = "the same, where cubic interpolation goes below 0",
        ["ConvInteger"] = "zero points of output channels are not supported",
        ["Einsum"] = "an ellipsis does not broadcast",
        ["Gather"] = "an index out of range stops the run",
        ["LRN"] = "images have four axes there, and sizes are odd",
        ["MatMulInteger"] = "zero points of rows are not supported",
        ["Mod"] = "a remainder by 0 stops the run, and of floats takes fmod",
        ["Pad"] = "no more than an image is mirrored",
        ["ReverseSequence"] = "a length beyond the sequence stops the run",
        ["ScatterElements"] = "half precision is not reduced",
    };

    public static TheoryData<string> Names => [.. OpModels.Ops.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_op_means_the_same_after_a_round_trip_or_is_refused(string name)
    {
        foreach (var (graph, inputs) in OpModels.Of(name))
        {
            foreach (int opset in new[] { 7, 11, 13, 18, 22 })
            {
                byte[] file;
                try
                {
                    file = OnnxExporter.Export(graph, opset);
                }
                catch (UnsupportedException e) when (e.Code == "LATHE3301")
                {
                    continue;
                }
                var back = OnnxImporter.Import(file);
                Assert.Equal(graph.Outputs.Select(o => o.Name), back.Outputs.Select(o => o.Name));
                Compiled.AssertClose(Evaluator.Run(graph, inputs), Evaluator.Run(back, inputs), rtol: 1e-5, atol: 1e-5);
            }
        }
    }

    [Fact]
    public void All_ops_but_a_few_can_be_written()
    {
        var refused = OpModels.Ops.Where(op => !OpModels.Of(op.Name).Any(s => CanExport(s.Graph, OnnxExporter.NewestOpset))).Select(t => t.Name).Order();

        Assert.Equal(["AveragePoolInteger", "FixedPointScale", "FloorScale", "MaxPoolIndices", "MaxUnpool", "NonMaxSuppression", "ShiftedProduct"], refused);
    }

    [OnnxRuntimeFact]
    public void Onnx_runtime_computes_the_same()
    {
        using var runtime = new OnnxRuntime();
        var failures = new List<string>();
        int run = 0, unimplemented = 0;
        foreach (string name in OpModels.Ops.Select(t => t.Name))
        {
            foreach (var (graph, inputs) in OpModels.Of(name).Where(s => CanExport(s.Graph)))
            {
                IReadOnlyDictionary<string, Tensor> actual;
                try
                {
                    using var session = runtime.Load(OnnxExporter.Export(graph));
                    actual = session.Run(inputs);
                }
                catch (OnnxRuntimeException e) when (e.Message.Contains("NOT_IMPLEMENTED") || e.Message.Contains("Could not find an implementation"))
                {
                    unimplemented++;
                    continue;
                }
                catch (OnnxRuntimeException e)
                {
                    if (!DiffersInRuntime.ContainsKey(name))
                        failures.Add($"{name}: {e.Message}");
                    continue;
                }
                run++;
                foreach (var (output, expected) in Evaluator.Run(graph, inputs))
                    if (!DiffersInRuntime.ContainsKey(name) && TensorComparison.Of(actual[output], expected, 1e-3, 1e-4) is { Matches: false } comparison)
                        failures.Add($"{name} {output}: {comparison}");
            }
        }
        Assert.True(failures.Count == 0, $"{run} ran, {unimplemented} are not implemented there, {failures.Count} differ:\n{string.Join('\n', failures)}");
    }

    [Theory]
    [InlineData("squeezenet1.1")]
    [InlineData("mobilenetv3-small")]
    [InlineData("bert-tiny")]
    public void A_network_keeps_its_names_and_nodes(string name)
    {
        var model = BenchModels.Build(name);
        var graph = OnnxImporter.Import(model.Onnx);
        var back = OnnxImporter.Import(OnnxExporter.Export(graph));

        Assert.Equal(graph.Inputs.Select(i => ((Input)i.Op).InputName), back.Inputs.Select(i => ((Input)i.Op).InputName));
        Assert.Equal(graph.Outputs.Select(o => o.Name), back.Outputs.Select(o => o.Name));
        Assert.Equal(Weights(graph), Weights(back));
        Assert.Equal(GraphText.Print(graph).Split('\n').Length, GraphText.Print(back).Split('\n').Length);
    }

    [Fact]
    public void What_an_operator_set_cannot_say_is_listed_with_one_that_can()
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Int32, Shape.Of(4)));
        b.Origin = "mask";
        var masked = b.Add(new BitwiseAnd(), x, x);
        b.Origin = "flip";
        var graph = new Graph("g", [x], [new("y", b.Add(new BitwiseNot(), masked))]);

        var e = Assert.Throws<UnsupportedException>(() => OnnxExporter.Export(graph, 17));

        Assert.Equal("LATHE3301", e.Code);
        Assert.Equal(2, e.Places.Count);
        Assert.Contains("--opset 18", e.Next);
    }

    /// <summary>A pooled image that is resized back and meets the image again, channels-last: only the image that comes in and the one that goes out are turned.</summary>
    [Fact]
    public void Transposes_of_single_places_go_on_through_resizings()
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Float32, Shape.Of(1, 4, 4, 3)));
        Value Weights(long outputs) => b.Constant(Tensor.Of<float>(Shape.Of(1, 1, 3, outputs), [.. Enumerable.Range(0, 3 * (int)outputs).Select(i => i / 8f)]));
        var window = new Window([1, 1], [1, 1], [0, 0], [0, 0], [1, 1]);
        var pooled = b.Add(new AveragePool(new([4, 4], [1, 1], [0, 0], [0, 0], [1, 1]), false, Layout.ChannelsLast), x);
        var place = b.Add(new Relu(), b.Add(new Add(), b.Add(new Conv(window, 1, Layout.ChannelsLast), pooled, Weights(2)), b.Constant(Tensor.Vector<float>(1, -1))));
        var resized = b.Add(new Resize([1, 4, 4, 2], [1, 4, 4, 1], ResizeMode.Linear, CoordinateMode.AlignCorners), place);
        var joined = b.Add(new Concat(3), resized, b.Add(new Conv(window, 1, Layout.ChannelsLast), x, Weights(5)));
        var graph = new Graph("g", [x], [new("y", joined)]);

        var back = OnnxImporter.Import(OnnxExporter.Export(graph));

        Assert.Equal(2, back.Nodes.Count(n => n.Op is Transpose));
        var inputs = new Dictionary<string, Tensor> { ["x"] = Tensor.Of<float>(x.Shape, [.. Enumerable.Range(0, 48).Select(i => (i * 7 % 11) - 5f)]) };
        Compiled.AssertClose(Evaluator.Run(graph, inputs), Evaluator.Run(back, inputs), 1e-6, 1e-6);
    }

    [Fact]
    public void An_unknown_operator_set_is_an_error() =>
        Assert.Equal("LATHE3300", Assert.Throws<ModelException>(() => OnnxExporter.Export(new Graph("g", [], []), 6)).Code);

    [Fact]
    public void Outputs_that_are_inputs_or_constants_or_twice_the_same_are_written()
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Float32, Shape.Of(2)));
        var y = b.Add(new Relu(), x);
        var graph = new Graph("g", [x], [new("same", x), new("fixed", b.Constant(Tensor.Vector<float>(1, 2))), new("a", y), new("b", y)]);
        var inputs = new Dictionary<string, Tensor> { ["x"] = Tensor.Vector<float>(-1, 3) };

        Compiled.AssertClose(Evaluator.Run(graph, inputs), Evaluator.Run(OnnxImporter.Import(OnnxExporter.Export(graph)), inputs), 0, 0);
    }

    [Fact]
    public void Outputs_that_have_the_names_of_inputs_get_others()
    {
        var b = new GraphBuilder();
        var (x, z) = (b.Input("x", new(DType.Float32, Shape.Of(2))), b.Input("z", new(DType.Float32, Shape.Of(2))));
        var graph = new Graph("g", [x, z], [new("x", b.Add(new Relu(), x)), new("x_output", b.Add(new Neg(), x)), new("z", z)]);

        var again = OnnxImporter.Import(OnnxExporter.Export(graph));

        Assert.Equal(["x_output_2", "x_output", "z_output"], again.Outputs.Select(o => o.Name));
        var results = Evaluator.Run(again, new Dictionary<string, Tensor> { ["x"] = Tensor.Vector<float>(-1, 3), ["z"] = Tensor.Vector<float>(5, 6) });
        Assert.Equal([0f, 3, 1, -3, 5, 6], again.Outputs.SelectMany(o => results[o.Name].Span<float>().ToArray()));
    }

    private static IEnumerable<string> Weights(Graph graph) =>
        graph.Nodes.Where(n => n.Op is Constant { Tensor.Count: > 100 }).Select(n => n.Name).Order();

    private static bool CanExport(Graph graph, int opset = OnnxExporter.DefaultOpset)
    {
        try
        {
            OnnxExporter.Export(graph, opset);
            return true;
        }
        catch (UnsupportedException)
        {
            return false;
        }
    }
}
