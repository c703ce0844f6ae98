using Lathe.Bench.Models;
using Lathe.Compilation;
using Lathe.Compilation.Scheduling;
using Lathe.Formats.Onnx;
using Lathe.Formats.Onnx.Exporting;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Peers;
using Lathe.Tensors;
using Lathe.Tests.Bench;

namespace Lathe.Tests.Compilation;

/// <summary>Models whose data are quantized in each run, as ONNX Runtime's quantize_dynamic writes them.</summary>
public class DynamicQuantizationTests
{
    /// <summary>Ranges on either side of zero, one side only, nothing at all, and data that lie between two bytes.</summary>
    private static readonly Tensor[] Ranges =
    [
        .. Enumerable.Range(1, 4).Select(seed => Data(seed, -seed, 3)), Data(5, 1, 2), Data(6, -2, -1), Data(7, 0, 0), Data(8, -1e-30, 1e-30), Data(9, -1e30, 1e30),
        Tensor.Of(Shape.Of(3, 20), [.. Enumerable.Range(0, 60).Select(i => i == 0 ? 255f : (i % 40) + 0.5f)]),
    ];

    [OnnxRuntimeFact]
    public void Bytes_scales_and_zero_points_are_ONNX_Runtimes()
    {
        using var runtime = new OnnxRuntime();
        var graph = Quantizing();
        using var session = runtime.Load(OnnxExporter.Export(graph, 17));
        foreach (var x in Ranges)
        {
            var inputs = new Dictionary<string, Tensor> { ["x"] = x };
            var expected = session.Run(inputs);
            Assert.All(Compiled.Run(graph, inputs, Compiled.Native), y => Assert.Equal(expected[y.Key].Bytes.ToArray(), y.Value.Bytes.ToArray()));
            Assert.All(Compiled.Run(graph, inputs, Compiled.Managed), y => Assert.Equal(expected[y.Key].Bytes.ToArray(), y.Value.Bytes.ToArray()));
        }
    }

    /// <summary>One layer, so that no rounding of another can tip a byte over.</summary>
    [OnnxRuntimeFact]
    public void A_layer_gives_what_ONNX_Runtime_gives()
    {
        using var runtime = new OnnxRuntime();
        foreach (bool signed in new[] { true, false })
        {
            var dense = new OnnxModelBuilder("dense");
            AssertAgrees(runtime, DynamicQuantization.Of(dense.Build(dense.Linear(dense.Input("x", dense.Random.Pixels(1, 30, 70)), 50)), "dense", signed));
            var conv = new OnnxModelBuilder("conv");
            AssertAgrees(runtime, DynamicQuantization.Of(conv.Build(conv.Conv(conv.Image("x", 20, 9, 9), 24, 3, stride: 2, bias: true)), "conv", signed));
        }
    }

    [Fact]
    public void Weights_that_are_stored_as_bytes_become_floats_once()
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new TensorType(DType.Float32, Shape.Of(1, 1100)));
        var bytes = b.Constant(Tensor.Of(Shape.Of(1100, 1000), [.. Enumerable.Range(0, 1_100_000).Select(i => (sbyte)(i * 7))]));
        var weights = b.Add(new Mul(), b.Add(new Cast(DType.Float32), bytes), b.Scalar(0.01, DType.Float32));
        weights = b.Add(new Add(), weights, b.Scalar(0.5, DType.Float32));
        var graph = new Graph("stored", [x], [new("y", b.Add(new MatMul(), x, weights))]);

        var node = Assert.Single(new Compiler(new(Compiled.Managed, 1), new()).Optimize(graph).Nodes, n => n.Op is not (Input or Constant));
        Assert.NotNull(node.Inputs[1].Constant);
    }

    [Fact]
    public void A_reduction_is_done_once_however_often_its_reader_reads_it()
    {
        var lowered = new GraphLowering(new MachineFacts(64, 32, 1, 32 << 10, 1 << 20)).Lower(new Compiler(new(Compiled.Managed, 1), new()).Optimize(Quantizing())).Program;
        Assert.All(lowered.Steps, s => Assert.InRange(Lathe.Loops.LoopText.Print(s.Kernel).Split("local ").Length - 1, 0, 1));
    }

    private static void AssertAgrees(OnnxRuntime runtime, BenchModel model)
    {
        using var session = runtime.Load(model.Onnx);
        var expected = session.Run(model.Inputs);
        var graph = OnnxImporter.Import(model.Onnx);
        Compiled.AssertClose(expected, Compiled.Run(graph, model.Inputs, Compiled.Native), 1e-6, 1e-5);
        Compiled.AssertClose(expected, Compiled.Run(graph, model.Inputs, Compiled.Managed), 1e-6, 1e-5);
    }

    private static Graph Quantizing()
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new TensorType(DType.Float32, Shape.Of(3, 20)));
        var y = b.AddNode(new DynamicQuantizeLinear(), x).Outputs;
        return new Graph("quantizing", [x], [new("bytes", y[0]), new("scale", y[1]), new("zero", y[2])]);
    }

    private static Tensor Data(int seed, double low, double high) => Graphs.RandomTensors.Of(new Random(seed), DType.Float32, [3, 20], low, high);
}
