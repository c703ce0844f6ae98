using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Tests.Formats.Keras;

/// <summary>What single layers compute, on numbers small enough to work out by hand.</summary>
public class LayerTests
{
    /// <summary>h = x + h, with the second step left out: the state stays, and the output repeats.</summary>
    [Fact]
    public void RecurrentLayersSkipMaskedSteps()
    {
        var model = new TestModel().Input("x", 3, 1).Layer("Masking", "mask", """ "mask_value": 0 """, "x")
            .Layer("SimpleRNN", "rnn", """ "units": 1, "activation": "linear", "return_sequences": true, "return_state": true """, "mask",
                ("cell/kernel", Tensor.Of(Shape.Of(1, 1), 1f)), ("cell/recurrent_kernel", Tensor.Of(Shape.Of(1, 1), 2f)), ("cell/bias", Tensor.Vector(10f)))
            .Output("rnn").Output("rnn:0:1");

        var results = model.Run(Tensor.Of(Shape.Of(1, 3, 1), 1f, 0, 2));

        Assert.Equal([11, 11, 34], results[0].Span<float>().ToArray());
        Assert.Equal([34], results[1].Span<float>().ToArray());
    }

    [Fact]
    public void MeansOverTimeLeaveMaskedStepsOut()
    {
        var y = new TestModel().Input("tokens", "int32", [3])
            .Layer("Embedding", "rows", """ "input_dim": 3, "output_dim": 2, "mask_zero": true """, ("embeddings", Tensor.Of(Shape.Of(3, 2), 100f, 100, 1, 2, 3, 6)))
            .Layer("GlobalAveragePooling1D", "mean").Run(Tensor.Of(Shape.Of(1, 3), 1, 2, 0));

        Assert.Equal([2, 4], y[0].Span<float>().ToArray());
    }

    /// <summary>Softmax of equal scores takes means of the values; the projections are identities.</summary>
    [Fact]
    public void HeadsOfAttentionMixValues()
    {
        var zero = Tensor.Zeros(DType.Float32, [2, 1, 2]);
        var same = Tensor.Of(Shape.Of(2, 1, 2), 1f, 0, 0, 1);
        var none = Tensor.Zeros(DType.Float32, [1, 2]);
        var y = new TestModel().Input("x", 2, 2).Layer("MultiHeadAttention", "attention", """ "num_heads": 1, "key_dim": 2 """, "x x",
            ("query_dense/kernel", zero), ("query_dense/bias", none), ("key_dense/kernel", same), ("key_dense/bias", none),
            ("value_dense/kernel", same), ("value_dense/bias", none), ("output_dense/kernel", same.Reshape([1, 2, 2])), ("output_dense/bias", Tensor.Vector(1f, 0)))
            .Output("attention").Run(Tensor.Of(Shape.Of(1, 2, 2), 1f, 2, 3, 4));

        Assert.Equal([3, 3, 3, 3], y[0].Span<float>().ToArray());
    }

    [Theory]
    [InlineData(""" "negative_slope": 0.5, "threshold": 1, "max_value": 3 """, new[] { -1f, -0.5f, 0, 2, 3 })]
    [InlineData(""" "max_value": 6 """, new[] { 0f, 0, 1, 2, 5 })]
    [InlineData(""" "threshold": 1 """, new[] { 0f, 0, 0, 2, 5 })]
    public void RectifiersHaveASlopeAThresholdAndALimit(string settings, float[] expected)
    {
        var y = new TestModel().Input("x", 5).Layer("ReLU", "y", settings).Run(Tensor.Of(Shape.Of(1, 5), -1f, 0, 1, 2, 5));
        Assert.Equal(expected, y[0].Span<float>().ToArray());
    }

    [Fact]
    public void ChannelsFirstImagesAreFlattenedAsIfChannelsWereLast()
    {
        var y = new TestModel().Input("x", 2, 1, 2).Layer("Flatten", "y", """ "data_format": "channels_first" """).Run(Tensor.Of(Shape.Of(1, 2, 1, 2), 1f, 2, 3, 4));
        Assert.Equal([1, 3, 2, 4], y[0].Span<float>().ToArray());
    }

    [Fact]
    public void NestedModelsKeepTheirWeights()
    {
        // In one group the file lists what is trained before the statistics of all layers.
        var model = new TestModel().Input("x", 1).Layer("Sequential", "inner", """
            "layers": [
              {"class_name": "InputLayer", "config": {"name": "in", "batch_input_shape": [null, 1]}},
              {"class_name": "BatchNormalization", "config": {"name": "norm", "axis": [1], "epsilon": 0}},
              {"class_name": "Dense", "config": {"name": "dense", "units": 1, "use_bias": false}}]
            """, "x", ("norm/gamma", Tensor.Vector(2f)), ("norm/beta", Tensor.Vector(1f)), ("dense/kernel", Tensor.Of(Shape.Of(1, 1), 5f)),
            ("norm/moving_mean", Tensor.Vector(3f)), ("norm/moving_variance", Tensor.Vector(4f))).Output("inner");

        var y = TestModel.Evaluate(model.Import(), Tensor.Of(Shape.Of(1, 1), 7f)).Single();

        Assert.Equal(25, y.Span<float>()[0]);
        Assert.Contains(model.Import().Nodes, n => n.Name == "inner/dense" && n.Op is MatMul);
    }

    [Fact]
    public void FunctionsBetweenLayersAreImported()
    {
        const string doubled = """ "function": "math.multiply" """;
        var model = new TestModel().Input("x", 2).Layer("TFOpLambda", "times", doubled, "x x").Output("times");
        var config = model.Config();
        // As Keras 2 writes a call with a constant among its arguments.
        config["config"]!["layers"]![1]!["inbound_nodes"] = System.Text.Json.Nodes.JsonNode.Parse("""[["x", 0, 0, {"y": 2.5, "name": null}]]""");
        using var folder = new Tests.Tensors.TemporaryFolder();
        File.WriteAllText(folder["net.json"], config.ToJsonString());

        var y = TestModel.Evaluate(Lathe.Formats.ModelReader.Import(folder["net.json"]), Tensor.Of(Shape.Of(1, 2), 2f, 4)).Single();
        Assert.Equal([5, 10], y.Span<float>().ToArray());
    }

    [Theory]
    [InlineData("2.9.0", 0.7f)]
    [InlineData("3.3.0", 4 / 6f)]
    public void TheHardSigmoidIsTheVersionsOwn(string version, float expected)
    {
        var model = new TestModel { Version = version }.Input("x", 1).Layer("TFOpLambda", "hard", """ "function": "keras.activations.hard_sigmoid" """, "x")
            .Layer("Activation", "layer", """ "activation": "hard_sigmoid" """, "x").Output("hard").Output("layer");

        var outputs = TestModel.Evaluate(model.Import(), Tensor.Of(Shape.Of(1, 1), 1f)).ToArray();

        Assert.All(outputs, y => Assert.Equal(expected, y.Span<float>()[0], 1e-6f));
    }
}
