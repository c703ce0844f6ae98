using Lathe.Formats.TFLite;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Peers;
using Lathe.Tensors;
using Lathe.Tests.Graphs;
using Xunit.Abstractions;

namespace Lathe.Tests.Formats.TFLite;

/// <summary>Models that others made, on random inputs, against TensorFlow Lite's own C library: floats to 1e-5 of the largest element, integers bit for bit.</summary>
public class TfLiteComparisonTests(ITestOutputHelper output)
{
    [TfLiteFact]
    public void WholeModelsAgree() => Check(
        "mnist_valid_f.tflite", "mnist_valid_q.tflite", "mnist_resnet_f.tflite", "mnist_resnet_q.tflite", "cifar10_f.tflite", "cifar10_q.tflite", "vww96_q.tflite",
        "pretrainedResnet.tflite", "pretrainedResnet_large_int8.tflite", "vww_96_int8.tflite", "kws_ref_model.tflite", "mobilenet_v1_0.25_128_quant.tflite", "model_1.tflite", "dilated_conv.tflite");

    [TfLiteFact]
    public void SingleQuantizedOperatorsAgree() => Check(
        "000.CONV_2D.tflite", "001.DEPTHWISE_CONV_2D.tflite", "008.CONV_2D.tflite", "009.ADD.tflite", "027.AVERAGE_POOL_2D.tflite", "030.SOFTMAX.tflite", "052.MAX_POOL_2D.tflite",
        "191.CONCATENATION.tflite", "LOGISTIC.tflite", "MUL.tflite", "SPACE_TO_DEPTH.2.tflite", "bad_broadcast_sub.tflite");

    private void Check(params string[] names)
    {
        var library = new TfLite();
        var evaluator = new GraphEvaluator();
        var wrong = new List<string>();
        foreach (string path in RealModels.Files(names))
        {
            var graph = TFLiteImporter.Import(path);
            var random = new Random(1);
            Tensor[] inputs = [.. graph.Inputs.Select(i => RandomTensors.Input(i.Type, random))];
            using var session = library.Load(File.ReadAllBytes(path));
            var expected = session.Run(inputs);
            var actual = evaluator.Run(graph, graph.Inputs.Zip(inputs).ToDictionary(p => ((Input)p.First.Op).InputName, p => p.Second));
            foreach (var (result, reference) in graph.Outputs.Zip(expected))
            {
                bool exact = !reference.Type.IsFloat;
                double largest = reference.ToDoubleArray().Select(Math.Abs).DefaultIfEmpty(0).Max();
                var comparison = TensorComparison.Of(actual[result.Name], reference, 0, exact ? 0 : 1e-5 * Math.Max(1, largest));
                output.WriteLine($"{Path.GetFileName(path)} {result.Name}: {comparison}");
                if (!comparison.Matches)
                    wrong.Add($"{path}: {comparison}");
            }
        }
        Assert.Empty(wrong);
    }
}
