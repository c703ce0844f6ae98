using Lathe.Bench.Models;
using Lathe.Compilation;
using Lathe.Formats.Onnx;
using Lathe.Formats.TFLite;
using Lathe.Formats.TFLite.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Peers;
using Lathe.Tensors;
using Lathe.Tests.Compilation;
using Xunit.Abstractions;

namespace Lathe.Tests.Formats.TFLite;

/// <summary>Models that others made, read and written again, in TensorFlow Lite's own library: floats to 1e-5 of the largest element, integers bit for bit.</summary>
public class TFLiteRoundTripTests(ITestOutputHelper output)
{
    [TfLiteFact]
    public void Whole_models_stay_the_same() => Check(
        "mnist_valid_f.tflite", "mnist_valid_q.tflite", "mnist_resnet_f.tflite", "mnist_resnet_q.tflite", "cifar10_f.tflite", "cifar10_q.tflite", "vww96_q.tflite",
        "pretrainedResnet.tflite", "pretrainedResnet_large_int8.tflite", "vww_96_int8.tflite", "kws_ref_model.tflite", "mobilenet_v1_0.25_128_quant.tflite", "model_1.tflite", "dilated_conv.tflite");

    /// <summary>ONNX rounds once where TFLite rounds twice, so that values may be a step off in each layer; the class stays.</summary>
    [TfLiteFact]
    public void Quantized_models_become_onnx()
    {
        Assert.NotNull(OnnxRuntimeLibrary.Find());
        using var runtime = new OnnxRuntime();
        var wrong = new List<string>();
        foreach (string path in RealModels.Files(
            "mnist_valid_q.tflite", "mnist_resnet_q.tflite", "cifar10_q.tflite", "vww96_q.tflite", "pretrainedResnet_quant.tflite", "kws_ref_model.tflite", "mobilenet_v1_0.25_128_quant.tflite"))
        {
            var graph = TFLiteImporter.Import(path);
            var inputs = graph.Inputs.Zip(Filled(graph)).ToDictionary(p => ((Input)p.First.Op).InputName, p => p.Second);
            byte[] file = OnnxExporter.Export(graph, 13);
            using var session = runtime.Load(file);
            var actual = session.Run(inputs);
            foreach (var (name, expected) in new GraphEvaluator().Run(graph, inputs))
            {
                var comparison = TensorComparison.Of(actual[name], expected, 0, 8);
                output.WriteLine($"{Path.GetFileName(path)} {name}: {comparison}");
                if (!comparison.Matches || Greatest(actual[name]) != Greatest(expected))
                    wrong.Add($"{Path.GetFileName(path)} {name}: {comparison}");
            }
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void Changes_of_scale_become_onnx()
    {
        var graph = new TestModel().Input("x", LiteType.UInt8, [4], 0.5f, 3).Value("i", LiteType.Int8, [4], 0.25f, -20).Node(BuiltinOperator.QUANTIZE, "x", "i")
            .Value("y", LiteType.Int8, [4], 0.5f, 0).Node(BuiltinOperator.QUANTIZE, "i", "y").Output("y").Import();
        var inputs = new Dictionary<string, Tensor> { ["x"] = Tensor.Vector<byte>(0, 3, 17, 90) };

        var back = OnnxImporter.Import(OnnxExporter.Export(graph, 13));

        Assert.Equal(new GraphEvaluator().Run(graph, inputs)["y"].ToInt64Array(), new GraphEvaluator().Run(back, inputs)["y"].ToInt64Array());
    }

    /// <summary>What ONNX says in its own way is bytes again, operator by operator, but for a bias that a reshape has parted from its convolution.</summary>
    [TfLiteFact]
    public void Quantized_models_come_back_from_onnx()
    {
        var library = new TfLite();
        var wrong = new List<string>();
        foreach (string path in RealModels.Files("mnist_valid_q.tflite", "mnist_resnet_q.tflite", "cifar10_q.tflite", "vww96_q.tflite", "pretrainedResnet_quant.tflite", "kws_ref_model.tflite", "mobilenet_v1_0.25_128_quant.tflite"))
        {
            var graph = TFLiteImporter.Import(path);
            byte[] file = TFLiteExporter.Export(OnnxImporter.Import(OnnxExporter.Export(graph, 13)));
            var inputs = Filled(graph);
            using var first = library.Load(File.ReadAllBytes(path));
            using var second = library.Load(file);
            var before = first.Run(inputs)[0];
            var comparison = TensorComparison.Of(second.Run(inputs)[0], before, 0, 8);
            var model = LiteModel.Parse(file);
            string operators = string.Join(' ', model.Graphs[0].Operators.Select(o => model.Codes[(int)o.Code].Name));
            output.WriteLine($"{Path.GetFileName(path)}: {comparison}; {operators}");
            if (!comparison.Matches || Greatest(before) != Greatest(second.Run(inputs)[0]) || operators.Split(' ').Count(o => o == "DEQUANTIZE") > 1)
                wrong.Add($"{path}: {comparison}; {operators}");
        }
        Assert.Empty(wrong);
    }

    /// <summary>From ONNX to TFLite and back, twice: the same five classes lead at every step.</summary>
    [Theory]
    [InlineData("mnist")]
    [InlineData("squeezenet1.1")]
    [InlineData("mobilenetv3-small")]
    public void Chains_keep_their_outputs(string name)
    {
        var graph = OnnxImporter.Import(BenchModels.Build(name).Onnx);
        var inputs = Compiled.RandomInputs(graph, 5);
        var first = Run(graph);
        var lite = TFLiteImporter.Import(TFLiteExporter.Export(graph));
        var onnx = OnnxImporter.Import(OnnxExporter.Export(lite));
        foreach (var step in new[] { lite, onnx, TFLiteImporter.Import(TFLiteExporter.Export(onnx)) })
        {
            var result = Run(step);
            Compiled.AssertClose(first, result, rtol: 1e-4, atol: 1e-5);
            Assert.Equal(Leading(first), Leading(result));
        }

        IReadOnlyDictionary<string, Tensor> Run(Graph step) => Compiled.Run(step, inputs, Target.Parse(null));
        static IEnumerable<int> Leading(IReadOnlyDictionary<string, Tensor> results) => results.Values.First().ToDoubleArray().Index().OrderByDescending(e => e.Item).Take(5).Select(e => e.Index);
    }

    private static int Greatest(Tensor tensor) => tensor.ToDoubleArray().Index().MaxBy(e => e.Item).Index;

    private void Check(params string[] names)
    {
        var library = new TfLite();
        var wrong = new List<string>();
        foreach (string path in RealModels.Files(names))
        {
            try
            {
                byte[] before = File.ReadAllBytes(path);
                var graph = TFLiteImporter.Import(before);
                byte[] after = TFLiteExporter.Export(graph);
                var inputs = Filled(graph);
                using var first = library.Load(before);
                using var second = library.Load(after);
                foreach (var (result, reference) in second.Run(inputs).Zip(first.Run(inputs)))
                {
                    double largest = reference.ToDoubleArray().Select(Math.Abs).DefaultIfEmpty(0).Max();
                    var comparison = TensorComparison.Of(result, reference, 0, reference.Type.IsFloat ? 1e-5 * Math.Max(1, largest) : 0);
                    output.WriteLine($"{Path.GetFileName(path)}: {comparison}, {before.Length} -> {after.Length} bytes");
                    if (!comparison.Matches)
                        wrong.Add($"{path}: {comparison}");
                }
            }
            catch (LatheException e)
            {
                wrong.Add($"{path}: {e.Message}");
            }
        }
        Assert.Empty(wrong);
    }

    internal static Tensor[] Filled(Graph graph)
    {
        var random = new Random(1);
        return [.. graph.Inputs.Select(i => Graphs.RandomTensors.Input(i.Type, random))];
    }
}
