using Lathe.Formats;
using Lathe.Formats.Keras;
using Lathe.Formats.TFLite;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Samples.Mnist;
using Lathe.Tensors;
using Lathe.Tests.Samples;
using Lathe.Tests.Tensors;
using Xunit.Abstractions;

namespace Lathe.Tests.Formats.Keras;

/// <summary>Models that others saved in several formats: all give the same, to 1e-5 of the largest element, on random inputs.</summary>
public class RealModelTests(ITestOutputHelper output)
{
    [Fact]
    public void TinyMaixsModelsAgreeWithTheirTwins() => Check(
        ("classifiers/tinymaix/h5/mnist_valid.h5", "classifiers/tinymaix/tflite/mnist_valid_f.tflite"),
        ("classifiers/tinymaix/h5/mnist_resnet.h5", "classifiers/tinymaix/tflite/mnist_resnet_f.tflite"),
        ("classifiers/tinymaix/h5/cifar10.h5", "classifiers/tinymaix/tflite/cifar10_f.tflite"),
        ("classifiers/tinymaix/h5/vww96.h5", "classifiers/tinymaix/tflite/vww96_f.tflite"),
        ("classifiers/tinymaix/h5/mbnet128_0.25.h5", "classifiers/tinymaix/tflite/mbnet128_0.25_f.tflite"));

    [Fact]
    public void TinyMaixsModelsConvertedToTFLiteAgreeWithTheirTwins() => Check(
        graph => TFLiteImporter.Import(TFLiteExporter.Export(graph)),
        ("classifiers/tinymaix/h5/mnist_valid.h5", "classifiers/tinymaix/tflite/mnist_valid_f.tflite"),
        ("classifiers/tinymaix/h5/mbnet128_0.25.h5", "classifiers/tinymaix/tflite/mbnet128_0.25_f.tflite"));

    [Fact]
    public void MlPerfTinysModelsAgreeWithTheirTwins() => Check(
        ("mlcommons-tiny/image_classification/trained_models/pretrainedResnet.h5", "mlcommons-tiny/image_classification/trained_models/pretrainedResnet.tflite"),
        ("mlcommons-tiny/visual_wake_words/trained_models/vww_96.h5", "mlcommons-tiny/visual_wake_words/trained_models/vww_96_float.tflite"));

    [Fact]
    public void FormatsOfKerasAgree() => Check(
        ("crossformat/tensorspace-lenet/keras/rawModel/combined/mnist.h5", "crossformat/tensorspace-lenet/keras/rawModel/separated/topology.json"),
        ("crossformat/tensorspace-lenet/keras/rawModel/separated/topology.json", "crossformat/tensorspace-lenet/tensorflow/rawModel/keras_separated/topology.json"));

    /// <summary>One network, trained twice: its two files hold other weights, and both read digits.</summary>
    [MnistFact]
    public void MoonflowersFilesReadDigits()
    {
        const int count = 100;
        var digits = DigitSet.ReadTestSet(MnistFactAttribute.Images);
        var images = Tensor.Zeros(DType.Float32, Shape.Of(count, DigitSet.Side, DigitSet.Side, 1));
        for (int i = 0; i < count; i++)
            digits.CopyTo(i, images.Span<float>().Slice(i * DigitSet.PixelCount, DigitSet.PixelCount));
        foreach (string path in RealModels.Files("mnist_model.h5", "mnist_model.keras"))
        {
            var graph = ModelReader.Import(path, new() { DefaultDim = count });
            var rows = Run(graph, [images]).Single();
            int right = Enumerable.Range(0, count).Count(i => Enumerable.Range(0, 10).MaxBy(d => rows.GetDouble((10 * i) + d)) == digits.Label(i));
            output.WriteLine($"{path}: {right} of {count}");
            Assert.InRange(right, 97, count);
        }
    }

    /// <summary>The first half of the DTLN denoiser, whose layers its file of weights lacks: two LSTMs with their states given, and a mask. Its twin is ONNX.</summary>
    [Fact]
    public void DtlnsWeightsAgreeWithItsTwin()
    {
        if (RealModels.Folder is null || !File.Exists(Path.Combine(RealModels.Folder, "audio/dtln/model.h5")))
        {
            output.WriteLine("skipped: the model is not there; unpack it into .cache/models, or set LATHE_MODELS to a folder of it");
            return;
        }
        using var folder = new TemporaryFolder();
        const string lstm = """ "units": 128, "return_sequences": true, "return_state": true, "activation": "tanh", "recurrent_activation": "sigmoid" """;
        var model = new TestModel().Input("mag", 1, 257).Input("h0", 128).Input("c0", 128).Input("h1", 128).Input("c1", 128)
            .Layer("LSTM", "lstm", lstm, "mag h0 c0").Layer("LSTM", "lstm_1", lstm, "lstm h1 c1").Layer("Dense", "dense", """ "units": 257, "activation": "sigmoid" """, "lstm_1").Output("dense");
        File.WriteAllText(folder["dtln_config.json"], model.Config().ToJsonString());
        File.Copy(Path.Combine(RealModels.Folder, "audio/dtln/model.h5"), folder["dtln_weights.h5"]);
        var random = new Random(5);
        var spectrum = Filled(new(DType.Float32, [1, 1, 257]), random);
        Tensor[] states = [.. Enumerable.Range(0, 4).Select(_ => Filled(new(DType.Float32, [1, 128]), random))];
        var packed = Tensor.Zeros(DType.Float32, [1, 2, 128, 2]);
        for (int i = 0; i < packed.Count; i++)
            packed.SetDouble(i, states[(2 * (i / 256)) + (i % 2)].GetDouble(i / 2 % 128));

        var actual = Run(ModelReader.Import(folder["dtln_config.json"]), [spectrum, .. states]).First();
        var expected = Run(ModelReader.Import(Path.Combine(RealModels.Folder, "audio/dtln/model_1.onnx")), [spectrum, packed]).First();

        var comparison = TensorComparison.Of(actual, expected, 0, 1e-5);
        Assert.True(comparison.Matches, comparison.ToString());
    }

    [Fact]
    public void OldModelsAreImported()
    {
        foreach (string path in RealModels.Files("fer2013_mini_XCEPTION.102-0.66.hdf5", "tiny_XCEPTION_KDEF.hdf5", "tf_keras_model.h5", "mnist_fc.h5", "model.h5"))
            if (!path.Contains("dtln", StringComparison.Ordinal))
                GraphVerifier.Verify(KerasImporter.Import(path));
    }

    private void Check(params (string First, string Second)[] pairs) => Check(graph => graph, pairs);

    private void Check(Func<Graph, Graph> convert, params (string First, string Second)[] pairs)
    {
        var wrong = new List<string>();
        foreach (var (first, second) in pairs)
        {
            var (a, b) = (Path.Combine(RealModels.Folder ?? "", first), Path.Combine(RealModels.Folder ?? "", second));
            if (RealModels.Folder is null || !File.Exists(a) || !File.Exists(b))
            {
                output.WriteLine($"skipped: {first} or its twin is not there; unpack it into .cache/models, or set LATHE_MODELS to a folder of it");
                continue;
            }
            var (left, right) = (convert(ModelReader.Import(a)), ModelReader.Import(b));
            var random = new Random(3);
            Tensor[] inputs = [.. right.Inputs.Select(i => Filled(i.Type, random))];
            foreach (var (x, y) in Run(left, inputs).Zip(Run(right, inputs)))
            {
                double largest = y.ToDoubleArray().Select(Math.Abs).DefaultIfEmpty(0).Max();
                var comparison = TensorComparison.Of(x.Reshape(y.Shape), y, 0, 1e-5 * Math.Max(1, largest));
                output.WriteLine($"{first}: {comparison}");
                if (!comparison.Matches)
                    wrong.Add($"{first}: {comparison}");
            }
        }
        Assert.Empty(wrong);
    }

    private static IEnumerable<Tensor> Run(Graph graph, Tensor[] inputs)
    {
        var named = graph.Inputs.Zip(inputs).ToDictionary(p => ((Input)p.First.Op).InputName, p => p.Second.Reshape(p.First.Shape));
        var results = new GraphEvaluator().Run(graph, named);
        return graph.Outputs.Select(o => results[o.Name]);
    }

    private static Tensor Filled(TensorType type, Random random)
    {
        var tensor = Tensor.Zeros(type.Element, type.Shape);
        for (long i = 0; i < tensor.Count; i++)
            tensor.SetDouble(i, (random.NextDouble() * 2) - 1);
        return tensor;
    }
}
