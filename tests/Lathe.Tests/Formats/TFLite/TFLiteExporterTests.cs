using Lathe.Formats.TFLite;
using Lathe.Formats.TFLite.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Cost;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using Lathe.Tests.Compilation;
using Lathe.Tests.Graphs;
using static Lathe.Formats.TFLite.Reading.BuiltinOperator;

namespace Lathe.Tests.Formats.TFLite;

public class TFLiteExporterTests
{
    private static readonly GraphEvaluator Evaluator = new();

    /// <summary>Ops with samples that TFLite's operators answer differently, and why.</summary>
    private static readonly Dictionary<string, string> Differs = new()
    {
        ["Gather"] = "an index out of range is taken as its remainder, where Lathe takes the nearest end",
        ["QLinearConv"] = "TFLite's integer kernels round twice",
        ["QLinearMatMul"] = "TFLite's integer kernels round twice",
        ["QuantizeLinear"] = "halves are rounded away from zero",
        ["ScatterElements"] = "a place that is written twice has the sum",
        ["ScatterND"] = "a place that is written twice has the sum",
    };

    public static TheoryData<string> Names => [.. OpModels.Ops.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_op_means_the_same_after_a_round_trip_or_is_refused(string name)
    {
        foreach (var (sample, graph, inputs) in OpModels.WithoutHalves(name))
        {
            byte[] file;
            try
            {
                file = TFLiteExporter.Export(sample);
            }
            catch (UnsupportedException e) when (e.Code == "LATHE3605")
            {
                continue;
            }
            var back = TFLiteImporter.Import(file);
            Assert.Equal(graph.Inputs.Select(i => ((Input)i.Op).InputName), back.Inputs.Select(i => ((Input)i.Op).InputName));
            Assert.Equal(graph.Outputs.Select(o => o.Name), back.Outputs.Select(o => o.Name));
            Assert.Equal(graph.Outputs.Select(o => o.Value.Type), back.Outputs.Select(o => o.Value.Type));
            if (!Differs.ContainsKey(name))
                Compiled.AssertClose(Evaluator.Run(graph, inputs), Evaluator.Run(back, inputs), rtol: 1e-5, atol: 1e-5);
        }
    }

    [Fact]
    public void All_ops_but_a_few_can_be_written()
    {
        var refused = OpModels.Ops.Where(op => !OpModels.Of(op.Name).Any(s => CanExport(s.Graph))).Select(t => t.Name).Order();

        Assert.Equal(
            "AffineGrid AveragePoolInteger BitShift BitwiseAnd BitwiseNot BitwiseOr Col2Im Contract ConvInteger Det DynamicQuantizeLinear FixedPointScale FloorScale GridSample LRN LpPool MatMulInteger MaxPoolIndices MaxUnpool NonMaxSuppression RoiAlign ShiftedProduct".Split(' '),
            refused);
    }

    [Fact]
    public void A_network_is_one_row_an_operator()
    {
        string report = new TfLiteFlops().Report(TFLiteImporter.Import(TFLiteExporter.Export(Digits())));

        Assert.Equal(
            """
            CONV_2D            | 0.4
            MAX_POOL_2D        | <IGNORED>
            CONV_2D            | 1.2
            MAX_POOL_2D        | <IGNORED>
            RESHAPE            | <IGNORED>
            FULLY_CONNECTED    | <IGNORED>
            FULLY_CONNECTED    | <IGNORED>
            SOFTMAX            | <IGNORED>
            Total: 1.6 M FLOPS

            """.ReplaceLineEndings("\n"),
            report.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Biases_and_activations_go_into_operators() => Assert.Equal(
        [CONV_2D, MAX_POOL_2D, CONV_2D, MAX_POOL_2D, RESHAPE, FULLY_CONNECTED, FULLY_CONNECTED, SOFTMAX],
        Operators(LiteModel.Parse(TFLiteExporter.Export(Digits()))));

    [Fact]
    public void The_file_has_a_signature_and_aligned_constants()
    {
        byte[] file = TFLiteExporter.Export(Digits());
        var model = LiteModel.Parse(file);

        var signature = Assert.Single(model.Signatures);
        Assert.Equal("serving_default", signature.Key);
        Assert.Equal(["image"], signature.Inputs.Select(i => i.Name));
        Assert.Equal(["digit"], signature.Outputs.Select(o => o.Name));
        Assert.True(model.BufferBytes(0).IsEmpty);
        var tensors = model.Graphs[0].Tensors;
        Assert.Equal(model.Buffers.Length - 1, tensors.Select(t => t.Buffer).Where(b => b > 0).Distinct().Count());
        foreach (uint buffer in tensors.Select(t => t.Buffer).Where(b => b > 0))
        {
            var bytes = model.BufferBytes(buffer);
            Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(bytes, out var segment));
            Assert.Equal(0, segment.Offset % 16);
        }
    }

    [Fact]
    public void Half_weights_take_half_the_space_and_are_widened_by_operators()
    {
        var graph = Digits();
        byte[] whole = TFLiteExporter.Export(graph), half = TFLiteExporter.Export(graph, new(HalfWeights: true));

        Assert.InRange(half.Length, whole.Length / 2, (whole.Length / 2) + 4096);
        Assert.Equal(7, Operators(LiteModel.Parse(half)).Count(o => o == DEQUANTIZE));
        var inputs = Compiled.RandomInputs(graph, 3);
        Compiled.AssertClose(Evaluator.Run(graph, inputs), Evaluator.Run(TFLiteImporter.Import(half), inputs), rtol: 0, atol: 1e-3);
    }

    [Fact]
    public void Equal_constants_are_stored_once()
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Float32, Shape.Of(1, 2, 2, 8)));
        var w = b.Constant(RandomTensors.Of(new Random(1), DType.Float32, [1, 1, 8, 8]));
        Value Conv(Value v) => b.Add(new Conv(Window.Of(1, 1), 1, Layout.ChannelsLast), v, w);
        var model = LiteModel.Parse(TFLiteExporter.Export(new Graph("g", [x], [new("y", Conv(b.Add(new Relu(), Conv(x))))])));

        // The empty buffer, the weights, and zeros as biases.
        Assert.Equal(3, model.Buffers.Length);
    }

    [Fact]
    public void What_cannot_be_said_is_listed_at_once()
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Int32, Shape.Of(4)));
        b.Origin = "mask";
        var masked = b.Add(new BitwiseAnd(), x, x);
        b.Origin = "flip";
        var e = Assert.Throws<UnsupportedException>(() => TFLiteExporter.Export(new Graph("g", [x], [new("y", b.Add(new BitwiseNot(), masked))])));

        Assert.Equal("LATHE3605", e.Code);
        Assert.Equal(2, e.Places.Count);
    }

    [Fact]
    public void Open_shapes_are_an_error()
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Float32, [Dim.Named("n"), 4]));

        Assert.Equal("LATHE3604", Assert.Throws<UnsupportedException>(() => TFLiteExporter.Export(new Graph("g", [x], [new("y", b.Add(new Relu(), x))]))).Code);
    }

    /// <summary>TFLite stores halves and has no operators on them.</summary>
    [Fact]
    public void Models_of_halves_become_models_of_floats()
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Float16, Shape.Of(2, 3)));
        var y = b.Add(new Softmax(1), b.Add(new MatMul(), x, b.Constant(Tensor.Of<float>(Shape.Of(3, 3), 1, 2, 3, 4, 5, 6, 7, 8, 10).Cast(DType.Float16))));
        var graph = new Graph("g", [x], [new("y", b.Add(new Cast(DType.Float16), b.Add(new Cast(DType.Float32), y)))]);

        var back = TFLiteImporter.Import(TFLiteExporter.Export(graph));

        Assert.Equal((DType.Float32, DType.Float32), (back.Inputs[0].Element, back.Outputs[0].Value.Element));
        var values = Tensor.Of<float>(x.Shape, 0.5f, 1, -1, 2, -0.25f, 0);
        var expected = new GraphEvaluator().Run(graph, new Dictionary<string, Tensor> { ["x"] = values.Cast(DType.Float16) })["y"];
        var actual = new GraphEvaluator().Run(back, new Dictionary<string, Tensor> { ["x"] = values })["y"];
        Assert.True(TensorComparison.Of(actual, expected.Cast(DType.Float32), 1e-3, 1e-3).Matches);
    }

    /// <summary>As ONNX Runtime's dynamic quantization writes them: the scale of the data comes from the run.</summary>
    [Fact]
    public void Dynamically_quantized_products_become_products_of_reals()
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Float32, Shape.Of(1, 2, 5, 5)));
        var data = b.AddNode(new DynamicQuantizeLinear(), x).Outputs;
        var weights = b.Constant(Tensor.Of(Shape.Of(3, 2, 3, 3), [.. Enumerable.Range(0, 54).Select(i => (byte)(i * 37 % 256))]));
        var product = b.Add(
            new ConvInteger(new([3, 3], [1, 1], [1, 1], [1, 1], [1, 1]), 1, Layout.ChannelsFirst), data[0], weights, data[2], b.Constant(Tensor.Scalar((byte)120)));
        var scales = b.Add(new Mul(), data[1], b.Scalar(0.01, DType.Float32));
        var graph = new Graph("g", [x], [new("y", b.Add(new Mul(), b.Add(new Cast(DType.Float32), product), scales))]);
        var inputs = new Dictionary<string, Tensor> { ["x"] = Tensor.Of(x.Shape, [.. Enumerable.Range(0, 50).Select(i => (i * 29 % 51 / 5f) - 3)]) };

        byte[] file = TFLiteExporter.Export(graph);

        var model = LiteModel.Parse(file);
        Assert.Equal(["TRANSPOSE", "CONV_2D", "TRANSPOSE"], model.Graphs[0].Operators.Select(o => model.Codes[(int)o.Code].Name));
        Compiled.AssertClose(Run(graph), Run(TFLiteImporter.Import(file)), 0, 0.1);

        IReadOnlyDictionary<string, Tensor> Run(Graph g) => new GraphEvaluator().Run(g, inputs);
    }

    [Fact]
    public void Outputs_that_are_inputs_or_constants_or_twice_the_same_are_written()
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Float32, Shape.Of(2)));
        var y = b.Add(new Relu(), x);
        var graph = new Graph("g", [x], [new("same", x), new("fixed", b.Constant(Tensor.Vector<float>(1, 2))), new("a", y), new("b", y)]);
        var inputs = new Dictionary<string, Tensor> { ["x"] = Tensor.Vector<float>(-1, 3) };

        Compiled.AssertClose(Evaluator.Run(graph, inputs), Evaluator.Run(TFLiteImporter.Import(TFLiteExporter.Export(graph)), inputs), 0, 0);
    }

    /// <summary>A classifier of digits with channels-last images, 585,958 parameters.</summary>
    private static Graph Digits()
    {
        var (b, random) = (new GraphBuilder(), new Random(5));
        Value Weights(params long[] shape) => b.Constant(RandomTensors.Of(random, DType.Float32, shape, -0.1, 0.1));
        Value Layer(Value x, long size, long channels) => b.Add(new Relu(), b.Add(
            new Add(), b.Add(new Conv(Window.Of(size, size), 1, Layout.ChannelsLast), x, Weights(size, size, x.Shape[3].Value, channels)), Weights(channels)));
        Value Pool(Value x) => b.Add(new MaxPool(Window.Of(2, 2) with { Strides = [2, 2] }, Layout.ChannelsLast), x);
        Value Dense(Value x, long units) => b.Add(new Add(), b.Add(new MatMul(), x, Weights(x.Shape[1].Value, units)), Weights(units));
        var x = b.Input("image", new(DType.Float32, Shape.Of(1, 28, 28, 1)));
        var features = Pool(Layer(Pool(Layer(x, 3, 32)), 2, 32));
        var flat = b.Add(new Reshape(Shape.Of(1, 6 * 6 * 32)), features);
        return new("digits", [x], [new("digit", b.Add(new Softmax(1), Dense(b.Add(new Relu(), Dense(flat, 500)), 10)))]);
    }

    private static IEnumerable<BuiltinOperator> Operators(LiteModel model) => model.Graphs[0].Operators.Select(o => model.Codes[(int)o.Code].Builtin);

    private static bool CanExport(Graph graph)
    {
        try
        {
            TFLiteExporter.Export(graph);
            return true;
        }
        catch (UnsupportedException)
        {
            return false;
        }
    }
}
