using Lathe.Formats;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using Lathe.Tests.Formats.TFLite;
using Xunit.Abstractions;

namespace Lathe.Tests.Formats.TensorFlow;

/// <summary>Models that others made, on random inputs, against what they are known to compute or the same model in another format.</summary>
public class RealModelTests(ITestOutputHelper output)
{
    private readonly GraphEvaluator _evaluator = new();

    [Fact]
    public void HalfPlusTwoIsThat()
    {
        if (RealModels.Folder is not { } models)
        {
            output.WriteLine("skipped: no models were found; unpack some into .cache/models");
            return;
        }
        int checkedModels = 0;
        foreach (string file in Directory.EnumerateFiles(System.IO.Path.Combine(models, "savedmodel"), "saved_model.pb*", SearchOption.AllDirectories).Where(f => f.Contains("half_plus_", StringComparison.Ordinal)))
        {
            // This one's own set-up fills the weights of a convolution, of zeros, with random numbers.
            if (file.Contains("_mkl", StringComparison.Ordinal))
                continue;
            string folder = System.IO.Path.GetDirectoryName(file)!;
            bool isMatrix = folder.Contains("matrix", StringComparison.Ordinal);
            var graph = ModelReader.Import(folder, new() { InputShapes = InputShapes.Parse(isMatrix ? "x:[1,3,3]" : folder.Contains("tf2", StringComparison.Ordinal) ? "x:[1]" : "x:[1,1]") });
            var x = Filled(graph.Inputs.Single().Type, 3);
            var y = _evaluator.Run(graph, new Dictionary<string, Tensor> { ["x"] = x })["y"];
            int plus = folder.Contains("three", StringComparison.Ordinal) ? 3 : 2;
            Assert.All(x.ToDoubleArray().Zip(y.ToDoubleArray()), p => Assert.Equal((p.First / 2) + plus, p.Second, 1e-6));
            checkedModels++;
        }
        output.WriteLine($"{checkedModels} models");
        Assert.True(checkedModels > 8);
    }

    [Fact]
    public void ACounterGivesWhatItHoldsAndWhatItHoldsAfterCounting()
    {
        if (Path("savedmodel/tf-serving/saved_model_counter/00000123") is not { } folder)
            return;
        double Run(string signature)
        {
            var graph = ModelReader.Import(folder, new() { Signature = signature });
            return _evaluator.Run(graph, graph.Inputs.ToDictionary(Name, i => Filled(i.Type, 1))).Values.Single().GetDouble(0);
        }

        double held = Run("get_counter");
        Assert.Equal(held + 1, Run("incr_counter"));
        Assert.Equal(0, Run("reset_counter"));
    }

    [Theory]
    [InlineData("crossformat/tensorspace-lenet/tensorflow/rawModel/saved", "crossformat/tensorspace-lenet/tensorflow/rawModel/frozen/frozen_model.pb", "", 1e-6)]
    [InlineData("pose/poseestimation/hourglass_model/model.pb", "pose/poseestimation/hourglass_model/model.tflite", "", 1e-4)]
    [InlineData("suites/tensorflow-onnx/models/regression/saved_model", "suites/tensorflow-onnx/models/regression/graphdef/frozen.pb", "X:[7]", 1e-6)]
    public void FormatsOfOneModelAgree(string first, string second, string shapes, double tolerance)
    {
        if (Path(first) is not { } a || Path(second) is not { } b)
            return;
        var options = new ImportOptions { InputShapes = InputShapes.Parse(shapes) };
        var (left, right) = (ModelReader.Import(a, options), ModelReader.Import(b, options));
        Tensor[] inputs = [.. left.Inputs.Select((x, i) => Filled(x.Type, i + 1))];
        Tensor[] expected = Run(left, inputs), actual = Run(right, inputs);

        Assert.Equal(expected.Length, actual.Length);
        foreach (var (x, y) in expected.Zip(actual))
        {
            double largest = x.ToDoubleArray().Select(Math.Abs).DefaultIfEmpty(0).Max();
            var comparison = TensorComparison.Of(y.Reshape(x.Shape), x, 0, tolerance * Math.Max(largest, 1));
            output.WriteLine($"{comparison}");
            Assert.True(comparison.Matches, $"{comparison}");
        }
    }

    /// <summary>Seven networks that spot words, entered behind the reading of the sound's file: of silence they all say so.</summary>
    [Fact]
    public void SilenceIsSilence()
    {
        if (Path("audio/ml-kws/Pretrained_models") is not { } folder)
            return;
        var options = new ImportOptions
        {
            Inputs = ["decoded_sample_data:0", "decoded_sample_data:1"],
            Outputs = ["labels_softmax"],
            InputShapes = InputShapes.Parse("decoded_sample_data:[16000,1]"),
            InputValues = new Dictionary<string, Tensor> { ["decoded_sample_data:1"] = Tensor.Scalar(16000) },
        };
        string[] files = [.. Directory.EnumerateFiles(folder, "*.pb", SearchOption.AllDirectories)];
        foreach (string file in files)
        {
            var graph = ModelReader.Import(file, options);
            var results = _evaluator.Run(graph, graph.Inputs.ToDictionary(Name, i => i.Shape.Rank == 0 ? Tensor.Scalar(16000) : Tensor.Zeros(i.Element, i.Shape)));
            double[] scores = results["labels_softmax"].ToDoubleArray();
            output.WriteLine($"{System.IO.Path.GetFileName(file)}: {string.Join(" ", scores.Select(s => $"{s:F3}"))}");
            Assert.Equal(0, Array.IndexOf(scores, scores.Max()));
        }
        Assert.Equal(7, files.Length);
    }

    private Tensor[] Run(Graph graph, Tensor[] inputs)
    {
        var results = _evaluator.Run(graph, graph.Inputs.Zip(inputs).ToDictionary(p => Name(p.First), p => p.Second.Reshape(p.First.Shape)));
        return [.. graph.Outputs.Select(o => results[o.Name])];
    }

    private string? Path(string path)
    {
        string? found = RealModels.Folder is { } models ? System.IO.Path.Combine(models, path) : null;
        if (File.Exists(found) || Directory.Exists(found))
            return found;
        output.WriteLine($"skipped: {path} is not in .cache/models");
        return null;
    }

    private static string Name(Value input) => ((Input)input.Op).InputName;

    private static Tensor Filled(TensorType type, int seed)
    {
        var random = new Random(seed);
        var tensor = Tensor.Zeros(type.Element, type.Shape);
        for (long i = 0; i < tensor.Count; i++)
            tensor.SetDouble(i, type.Element.IsFloat ? (random.NextDouble() * 2) - 1 : random.Next(8));
        return tensor;
    }
}
