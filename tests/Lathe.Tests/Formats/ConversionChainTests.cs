using Lathe.Compilation;
using Lathe.Formats;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Peers;
using Lathe.Tensors;
using Lathe.Tests.Graphs;
using Lathe.Tests.Tensors;
using Xunit.Abstractions;
using TestModel = Lathe.Tests.Formats.Keras.TestModel;

namespace Lathe.Tests.Formats;

/// <summary>
/// Networks that people build in Keras, from .h5 to .tflite to .onnx and back to .tflite: each file gives what the first did, in Lathe and, where its library is there, in TensorFlow Lite and ONNX
/// Runtime.
/// </summary>
public sealed class ConversionChainTests(ITestOutputHelper output) : IDisposable
{
    private const double Tolerance = 2e-5;

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Networks => [.. Models.Keys];

    private static readonly Dictionary<string, Func<TestModel>> Models = new()
    {
        ["LSTM"] = () => Recurrent("LSTM", 4),
        ["GRU"] = () => Recurrent("GRU", 3),
        ["SimpleRNN"] = () => Recurrent("SimpleRNN", 1),
        ["Bidirectional"] = Bidirectional,
        ["MultiHeadAttention"] = Attention,
        ["AttentionBetweenLayers"] = AttentionBetweenLayers,
        ["Conv1D"] = Lines,
        ["Conv3D"] = Volumes,
        ["SeparableConv2D"] = Separable,
        ["Conv2DTranspose"] = Transposed,
        ["Activations"] = Activations,
        ["Normalizations"] = Normalizations,
        ["Merging"] = Merging,
        ["ChannelsFirst"] = ChannelsFirst,
        ["Embedding"] = Embedding,
        ["ConvLSTM2D"] = ConvLstm,
        ["Preprocessing"] = Preprocessing,
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Networks))]
    public void KeepsItsOutputs(string network)
    {
        string[] files = [_folder["model.h5"], _folder["first.tflite"], _folder["model.onnx"], _folder["second.tflite"]];
        File.WriteAllBytes(files[0], Models[network]().ToH5());
        var first = ModelReader.Import(files[0]);
        var random = new Random(5);
        var inputs = first.Inputs.ToDictionary(i => ((Input)i.Op).InputName, i => RandomTensors.Input(i.Type, random, below: 10));
        var evaluator = new GraphEvaluator();
        var expected = evaluator.Run(first, inputs);
        Assert.All(expected.Values, t => Assert.All(t.ToDoubleArray(), v => Assert.True(double.IsFinite(v))));
        var graph = first;
        foreach (string file in files.Skip(1))
        {
            ModelWriter.Save(graph, file, new WriteOptions(17));
            graph = ModelReader.Import(file);
            Compare(file, expected, evaluator.Run(graph, inputs));
            if (Peer(file, graph, inputs) is { } outputs)
                Compare($"{file} in the format's own runtime", expected, outputs);
        }
    }

    private void Compare(string file, IReadOnlyDictionary<string, Tensor> expected, IReadOnlyDictionary<string, Tensor> actual)
    {
        foreach (var (name, reference) in expected)
        {
            double largest = reference.ToDoubleArray().Select(Math.Abs).DefaultIfEmpty(0).Max();
            var comparison = TensorComparison.Of(actual[name], reference, 0, Tolerance * Math.Max(1, largest));
            output.WriteLine($"{Path.GetFileName(file)} {name}: {comparison}");
            Assert.True(comparison.Matches, $"{Path.GetFileName(file)}: {name}: {comparison}");
        }
    }

    private static Dictionary<string, Tensor>? Peer(string file, Graph graph, Dictionary<string, Tensor> inputs)
    {
        if (Path.GetExtension(file) == ".tflite")
        {
            if (TfLiteLibrary.Find() is null)
                return null;
            using var session = new TfLite().Load(File.ReadAllBytes(file));
            var results = session.Run([.. session.Inputs.Select(i => inputs[i.Name])]);
            return graph.Outputs.Zip(results).ToDictionary(p => p.First.Name, p => p.Second);
        }
        if (OnnxRuntimeLibrary.Find() is null)
            return null;
        using var runtime = new OnnxRuntime();
        using var loaded = runtime.LoadFile(file);
        return loaded.Run(inputs).ToDictionary();
    }

    private static TestModel Recurrent(string kind, int gates)
    {
        var m = new TestModel();
        (string, Tensor)[] Cell(int inputs, int units) =>
            [("cell/kernel", m.Random(inputs, gates * units)), ("cell/recurrent_kernel", m.Random(units, gates * units)), ("cell/bias", kind == "GRU" ? m.Random(2, gates * units) : m.Random(gates * units))];
        return m.Input("x", 5, 3).Layer(kind, "first", """ "units": 4, "return_sequences": true, "reset_after": true """, Cell(3, 4))
            .Layer("TimeDistributed", "each", """ "layer": {"class_name": "Dense", "config": {"units": 6, "activation": "tanh", "name": "inner"}} """, ("layer/kernel", m.Random(4, 6)), ("layer/bias", m.Random(6)))
            .Layer(kind, "second", """ "units": 2, "go_backwards": true, "reset_after": true """, Cell(6, 2)).Layer("RepeatVector", "again", """ "n": 3 """)
            .Layer(kind, "third", """ "units": 3, "reset_after": true """, Cell(2, 3)).Layer("Dense", "y", """ "units": 4, "activation": "softmax" """, ("kernel", m.Random(3, 4)), ("bias", m.Random(4)));
    }

    private static TestModel Bidirectional()
    {
        var m = new TestModel();
        (string, Tensor)[] Both(int inputs, int units) => [.. new[] { "forward_layer", "backward_layer" }.SelectMany(side =>
            new[] { ($"{side}/cell/kernel", m.Random(inputs, 4 * units)), ($"{side}/cell/recurrent_kernel", m.Random(units, 4 * units)), ($"{side}/cell/bias", m.Random(4 * units)) })];
        static string Wrapped(int units, bool sequences, string merge) =>
            $$""" "merge_mode": "{{merge}}", "layer": {"class_name": "LSTM", "config": {"units": {{units}}, "return_sequences": {{(sequences ? "true" : "false")}}, "name": "inner" } } """;
        return m.Input("x", 6, 3).Layer("Bidirectional", "first", Wrapped(4, true, "concat"), Both(3, 4)).Layer("Bidirectional", "second", Wrapped(3, true, "sum"), Both(8, 3))
            .Layer("Bidirectional", "third", Wrapped(2, false, "ave"), Both(3, 2)).Layer("Dense", "y", """ "units": 5 """, ("kernel", m.Random(2, 5)), ("bias", m.Random(5)));
    }

    private static TestModel Attention()
    {
        var m = new TestModel();
        return m.Input("x", 6, 8).Layer("MultiHeadAttention", "heads", """ "num_heads": 2, "key_dim": 4, "value_dim": 3 """, "x x",
                ("query_dense/kernel", m.Random(8, 2, 4)), ("query_dense/bias", m.Random(2, 4)), ("key_dense/kernel", m.Random(8, 2, 4)), ("key_dense/bias", m.Random(2, 4)),
                ("value_dense/kernel", m.Random(8, 2, 3)), ("value_dense/bias", m.Random(2, 3)), ("output_dense/kernel", m.Random(2, 3, 8)), ("output_dense/bias", m.Random(8)))
            .Layer("Add", "sum", "", "x heads").Layer("LayerNormalization", "norm", """ "axis": [2], "epsilon": 0.001 """, "sum", ("gamma", m.Random(8)), ("beta", m.Random(8)))
            .Layer("Dense", "wide", """ "units": 12, "activation": "gelu" """, "norm", ("kernel", m.Random(8, 12)), ("bias", m.Random(12)))
            .Layer("Dense", "narrow", """ "units": 8 """, "wide", ("kernel", m.Random(12, 8)), ("bias", m.Random(8))).Layer("Add", "again", "", "norm narrow")
            .Layer("GlobalAveragePooling1D", "mean", "", "again").Output("mean");
    }

    private static TestModel AttentionBetweenLayers()
    {
        var m = new TestModel();
        return m.Input("q", 4, 6).Input("v", 5, 6).Layer("Attention", "dot", """ "use_scale": true """, "q v", ("scale", Tensor.Scalar(0.5f)))
            .Layer("AdditiveAttention", "sum", """ "use_scale": true """, "q v", ("scale", m.Random(6))).Layer("Concatenate", "both", """ "axis": -1 """, "dot sum")
            .Layer("EinsumDense", "y", """ "equation": "abc,cd->abd", "output_shape": [null, 3], "bias_axes": "d" """, "both", ("kernel", m.Random(12, 3)), ("bias", m.Random(3))).Output("y");
    }

    private static TestModel Lines()
    {
        var m = new TestModel();
        return m.Input("x", 16, 3).Layer("Conv1D", "causal", """ "filters": 6, "kernel_size": [3], "padding": "causal", "dilation_rate": [2], "activation": "relu" """, ("kernel", m.Random(3, 3, 6)), ("bias", m.Random(6)))
            .Layer("BatchNormalization", "norm", """ "epsilon": 0.001 """, ("gamma", m.Random(6)), ("beta", m.Random(6)), ("moving_mean", m.Random(6)), ("moving_variance", Positive(m.Random(6))))
            .Layer("MaxPooling1D", "pool", """ "pool_size": [2], "strides": [2], "padding": "same" """)
            .Layer("SeparableConv1D", "separable", """ "filters": 5, "kernel_size": [3], "padding": "same" """, ("depthwise_kernel", m.Random(3, 6, 1)), ("pointwise_kernel", m.Random(1, 6, 5)), ("bias", m.Random(5)))
            .Layer("AveragePooling1D", "mean", """ "pool_size": [3], "strides": [1], "padding": "same" """).Layer("UpSampling1D", "up", """ "size": 2 """)
            .Layer("Conv1DTranspose", "transposed", """ "filters": 4, "kernel_size": [3], "strides": [2], "padding": "same" """, ("kernel", m.Random(3, 4, 5)), ("bias", m.Random(4)))
            .Layer("Cropping1D", "cut", """ "cropping": [1, 2] """).Layer("ZeroPadding1D", "pad", """ "padding": [2, 1] """).Layer("GlobalMaxPooling1D", "most")
            .Layer("Dense", "y", """ "units": 3, "activation": "sigmoid" """, ("kernel", m.Random(4, 3)), ("bias", m.Random(3)));
    }

    private static TestModel Volumes()
    {
        var m = new TestModel();
        return m.Input("x", 6, 8, 7, 2).Layer("Conv3D", "conv", """ "filters": 4, "kernel_size": [3, 3, 2], "padding": "same", "strides": [1, 2, 1], "activation": "relu" """, ("kernel", m.Random(3, 3, 2, 2, 4)), ("bias", m.Random(4)))
            .Layer("MaxPooling3D", "pool", """ "pool_size": [2, 2, 2], "strides": [2, 2, 2] """)
            .Layer("BatchNormalization", "norm", "", ("gamma", m.Random(4)), ("beta", m.Random(4)), ("moving_mean", m.Random(4)), ("moving_variance", Positive(m.Random(4))))
            .Layer("UpSampling3D", "up", """ "size": [2, 1, 2] """).Layer("ZeroPadding3D", "pad", """ "padding": [[1, 0], [0, 1], [1, 1]] """)
            .Layer("Conv3DTranspose", "transposed", """ "filters": 3, "kernel_size": [2, 3, 3], "strides": [2, 1, 1], "padding": "same" """, ("kernel", m.Random(2, 3, 3, 3, 4)), ("bias", m.Random(3)))
            .Layer("AveragePooling3D", "mean", """ "pool_size": [2, 2, 2], "strides": [2, 1, 2] """).Layer("GlobalAveragePooling3D", "all")
            .Layer("Dense", "y", """ "units": 5, "activation": "softmax" """, ("kernel", m.Random(3, 5)), ("bias", m.Random(5)));
    }

    private static TestModel Separable()
    {
        var m = new TestModel();
        return m.Input("x", 15, 12, 3).Layer("ZeroPadding2D", "pad", """ "padding": [[0, 1], [1, 0]] """)
            .Layer("SeparableConv2D", "separable", """ "filters": 8, "kernel_size": [3, 3], "strides": [2, 2], "padding": "same", "depth_multiplier": 2 """,
                ("depthwise_kernel", m.Random(3, 3, 3, 2)), ("pointwise_kernel", m.Random(1, 1, 6, 8)), ("bias", m.Random(8)))
            .Layer("PReLU", "p", """ "shared_axes": [1, 2] """, ("alpha", m.Random(1, 1, 8)))
            .Layer("DepthwiseConv2D", "depthwise", """ "kernel_size": [3, 3], "padding": "valid", "depth_multiplier": 2, "activation": "relu6" """, ("depthwise_kernel", m.Random(3, 3, 8, 2)), ("bias", m.Random(16)))
            .Layer("UpSampling2D", "up", """ "size": [2, 3], "interpolation": "bilinear" """).Layer("UpSampling2D", "near", """ "size": [2, 1], "interpolation": "nearest" """)
            .Layer("PReLU", "q", "", ("alpha", m.Random(24, 15, 16))).Layer("AveragePooling2D", "mean", """ "pool_size": [3, 3], "strides": [2, 2], "padding": "same" """)
            .Layer("Conv2D", "dilated", """ "filters": 4, "kernel_size": [3, 3], "padding": "same", "dilation_rate": [2, 2], "use_bias": false """, ("kernel", m.Random(3, 3, 16, 4)))
            .Layer("GlobalMaxPooling2D", "most").Layer("Dense", "y", """ "units": 3 """, ("kernel", m.Random(4, 3)), ("bias", m.Random(3)));
    }

    private static TestModel Transposed()
    {
        var m = new TestModel();
        return m.Input("x", 8, 8, 3).Layer("Conv2D", "down", """ "filters": 6, "kernel_size": [3, 3], "strides": [2, 2], "padding": "same", "activation": "relu" """, "x", ("kernel", m.Random(3, 3, 3, 6)), ("bias", m.Random(6)))
            .Layer("Conv2DTranspose", "up", """ "filters": 5, "kernel_size": [3, 3], "strides": [2, 2], "padding": "same", "activation": "relu" """, "down", ("kernel", m.Random(3, 3, 5, 6)), ("bias", m.Random(5)))
            .Layer("Concatenate", "both", """ "axis": 3 """, "x up")
            .Layer("Conv2DTranspose", "wide", """ "filters": 4, "kernel_size": [4, 3], "strides": [2, 1], "padding": "valid" """, "both", ("kernel", m.Random(4, 3, 4, 8)), ("bias", m.Random(4)))
            .Layer("Cropping2D", "cut", """ "cropping": [[1, 1], [0, 2]] """, "wide").Layer("Conv2D", "y", """ "filters": 2, "kernel_size": [1, 1], "activation": "softmax" """, "cut", ("kernel", m.Random(1, 1, 4, 2)), ("bias", m.Random(2)))
            .Output("y");
    }

    private static TestModel Activations()
    {
        var m = new TestModel().Input("x", 4, 5);
        foreach (string function in new[] { "relu", "relu6", "sigmoid", "tanh", "elu", "selu", "softplus", "softsign", "swish", "gelu", "exponential", "hard_sigmoid", "linear", "softmax", "mish", "leaky_relu", "silu", "log_softmax" })
            m.Layer("Activation", function, $""" "activation": "{function}" """, "x").Output(function);
        return m.Layer("LeakyReLU", "leaky", """ "alpha": 0.2 """, "x").Output("leaky").Layer("ELU", "elus", """ "alpha": 0.7 """, "x").Output("elus")
            .Layer("ThresholdedReLU", "threshold", """ "theta": 0.3 """, "x").Output("threshold").Layer("Softmax", "axis", """ "axis": 1 """, "x").Output("axis")
            .Layer("ReLU", "limits", """ "max_value": 0.8, "negative_slope": 0.1, "threshold": 0.1 """, "x").Output("limits");
    }

    private static TestModel Normalizations()
    {
        var m = new TestModel();
        return m.Input("x", 5, 6, 8).Layer("BatchNormalization", "batch", """ "center": false, "epsilon": 0.01 """, "x", ("gamma", m.Random(8)), ("moving_mean", m.Random(8)), ("moving_variance", Positive(m.Random(8))))
            .Layer("LayerNormalization", "layer", """ "axis": [3], "scale": false """, "batch", ("beta", m.Random(8)))
            .Layer("GroupNormalization", "group", """ "groups": 4, "axis": -1 """, "layer", ("gamma", m.Random(8)), ("beta", m.Random(8)))
            .Layer("UnitNormalization", "unit", """ "axis": [-1] """, "group").Output("unit").Output("group");
    }

    private static TestModel Merging() => new TestModel().Input("a", 4, 6).Input("b", 4, 6)
        .Layer("Add", "add", "", "a b").Layer("Multiply", "multiply", "", "a b").Layer("Subtract", "subtract", "", "a b").Layer("Average", "average", "", "a b").Layer("Maximum", "maximum", "", "a b")
        .Layer("Minimum", "minimum", "", "a b").Layer("Dot", "dot", """ "axes": [2, 2], "normalize": true """, "a b").Layer("Permute", "permute", """ "dims": [2, 1] """, "add").Layer("Reshape", "reshape", """ "target_shape": [2, -1, 3] """, "multiply")
        .Layer("Flatten", "flatten", "", "reshape").Layer("Concatenate", "concatenate", """ "axis": 1 """, "subtract average maximum minimum")
        .Output("dot").Output("permute").Output("flatten").Output("concatenate");

    private static TestModel ChannelsFirst()
    {
        var m = new TestModel();
        return m.Input("x", 3, 12, 10).Layer("Conv2D", "conv", """ "filters": 6, "kernel_size": [3, 3], "strides": [2, 1], "padding": "same", "data_format": "channels_first", "activation": "relu" """, ("kernel", m.Random(3, 3, 3, 6)), ("bias", m.Random(6)))
            .Layer("BatchNormalization", "norm", """ "axis": 1 """, ("gamma", m.Random(6)), ("beta", m.Random(6)), ("moving_mean", m.Random(6)), ("moving_variance", Positive(m.Random(6))))
            .Layer("MaxPooling2D", "pool", """ "pool_size": [2, 2], "strides": [2, 2], "data_format": "channels_first" """)
            .Layer("DepthwiseConv2D", "depthwise", """ "kernel_size": [3, 3], "padding": "same", "data_format": "channels_first" """, ("depthwise_kernel", m.Random(3, 3, 6, 1)), ("bias", m.Random(6)))
            .Layer("Flatten", "flat", """ "data_format": "channels_first" """).Layer("Dense", "y", """ "units": 4 """, ("kernel", m.Random(90, 4)), ("bias", m.Random(4)));
    }

    private static TestModel Embedding()
    {
        var m = new TestModel();
        return m.Input("x", "int32", [7]).Layer("Embedding", "rows", """ "input_dim": 10, "output_dim": 4, "mask_zero": true """, ("embeddings", m.Random(10, 4)))
            .Layer("LSTM", "memory", """ "units": 3, "return_sequences": true """, ("cell/kernel", m.Random(4, 12)), ("cell/recurrent_kernel", m.Random(3, 12)), ("cell/bias", m.Random(12)))
            .Layer("GlobalAveragePooling1D", "mean").Layer("Dense", "y", """ "units": 2 """, ("kernel", m.Random(3, 2)), ("bias", m.Random(2)));
    }

    private static TestModel ConvLstm()
    {
        var m = new TestModel();
        return m.Input("x", 3, 6, 6, 2).Layer("ConvLSTM2D", "memory", """ "filters": 3, "kernel_size": [3, 3], "padding": "same", "return_sequences": false """,
            ("cell/kernel", m.Random(3, 3, 2, 12)), ("cell/recurrent_kernel", m.Random(3, 3, 3, 12)), ("cell/bias", m.Random(12)));
    }

    private static TestModel Preprocessing()
    {
        var m = new TestModel();
        return m.Input("x", 9, 11, 3).Layer("Rescaling", "scaled", """ "scale": 0.00392, "offset": -0.5 """).Layer("Resizing", "resized", """ "height": 12, "width": 8, "interpolation": "bilinear" """)
            .Layer("CenterCrop", "cut", """ "height": 7, "width": 5 """).Layer("Normalization", "normal", """ "axis": [-1] """, ("mean", m.Random(3)), ("variance", Positive(m.Random(3))), ("count", Tensor.Scalar(0)))
            .Layer("Resizing", "near", """ "height": 4, "width": 9, "interpolation": "nearest" """);
    }

    private static Tensor Positive(Tensor tensor)
    {
        for (long i = 0; i < tensor.Count; i++)
            tensor.SetDouble(i, Math.Abs(tensor.GetDouble(i)) + 0.1);
        return tensor;
    }
}
