using Lathe.Formats;
using Lathe.Formats.Onnx.Protobuf;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using static Lathe.Tests.Formats.Onnx.TestModel;

namespace Lathe.Tests.Formats.Onnx;

/// <summary>Loop and Scan, and sequences, which loops collect.</summary>
public class LoopTests
{
    private const int Float = 1, Int64 = 7, Bool = 9;

    private static readonly GraphEvaluator Evaluator = new(boundsChecked: true);

    [Fact]
    public void ALoopOfKnownRoundsIsWrittenOutAndItsResultsCollected()
    {
        // x = x * x + the round's number, of which each is kept.
        var body = Body("i c x", "c2 next kept", NodeOf("Identity", "c", "c2"), NodeOf("Cast", "i", "real", Attribute("to", 1L)), NodeOf("Mul", "x x", "square"), NodeOf("Add", "square real", "next"), NodeOf("Identity", "next", "kept"));
        var model = new TestModel().Input("x", 1).Ints("three", [], 3).TypedInitializer("yes", Bool, 1).Node("Loop", "three yes x", "last all", Attribute("body", body)).Output("last").Output("all");

        var outputs = Evaluator.Run(model.Import(), new Dictionary<string, Tensor> { ["x"] = Tensor.Vector(2f) });

        Assert.Equal([291], outputs["last"].ToDoubleArray());
        Assert.Equal((Shape.Of(3, 1), "4, 17, 291"), (outputs["all"].Shape, string.Join(", ", outputs["all"].ToDoubleArray())));
    }

    [Theory]
    [InlineData(2, 100, 8)]
    [InlineData(0, 100, 2)]
    [InlineData(50, 20, 32)]
    public void ALoopThatOnlyARunCountsIsALoopOfTheGraph(long most, float limit, double expected)
    {
        var model = Doubling();
        var loop = Assert.IsType<While>(model.Import().Outputs[0].Value.Op);

        var y = Evaluator.Run(model.Import(), new Dictionary<string, Tensor> { ["most"] = Tensor.Scalar(most), ["x"] = Tensor.Vector(2f), ["limit"] = Tensor.Scalar(limit) })["y"];

        Assert.Equal(3, loop.Carried);
        Assert.Equal([expected], y.ToDoubleArray());
    }

    [Fact]
    public void ALoopThatCollectsTakesTheRoundsThatInputsAreKnownToMake()
    {
        var body = Body("i c", "c2 kept", NodeOf("Identity", "c", "c2"), NodeOf("Add", "x x", "kept"));
        var model = new TestModel().TypedInput("most", Int64).Input("x", 2).Node("Loop", "most -", "all", Attribute("body", body)).Output("all");

        Assert.Contains("scan output", Assert.Single(Assert.Throws<UnsupportedException>(() => model.Import()).Places));
        Assert.Equal(Shape.Of(4, 2), model.Import(new() { InputValues = InputValues.Parse("most:4") }).Outputs[0].Value.Shape);
        Assert.Equal(Shape.Of(0, 2), model.Import(new() { InputValues = InputValues.Parse("most:0") }).Outputs[0].Value.Shape);
    }

    [Fact]
    public void AScanGoesForwardAndBackwardAlongItsAxes()
    {
        var outputs = Evaluator.Run(Collecting().Import(), new Dictionary<string, Tensor> { ["s"] = Tensor.Vector(0f, 10f), ["x"] = Tensor.Of(Shape.Of(2, 3), 1f, 2, 3, 4, 5, 6) });

        Assert.Equal([6, 25], outputs["last"].ToDoubleArray());
        Assert.Equal([6, 5, 3, 25, 21, 16], outputs["all"].ToDoubleArray());
    }

    [Fact]
    public void SequencesOfKnownLengthAreTensorsThatAreChosenAndJoined()
    {
        var model = new TestModel().Input("x", 3, 2).Ints("first", [], 0).Ints("last", [], -1).Ints("two", [], 2)
            .Node("SplitToSequence", "x", "rows", Attribute("axis", 0L)).Node("SequenceLength", "rows", "count").Node("SequenceAt", "rows first", "a").Node("SequenceErase", "rows first", "rest")
            .Node("SequenceInsert", "rest a", "turned").Node("ConcatFromSequence", "turned", "y", Attribute("axis", 0L)).Node("SplitToSequence", "x two", "parts").Node("SequenceAt", "parts last", "part")
            .Node("SequenceConstruct", "a part", "both").Node("ConcatFromSequence", "both", "z", Attribute("axis", 1L), Attribute("new_axis", 1L)).Output("y").Output("z").Output("count");

        var outputs = Evaluator.Run(model.Import(), new Dictionary<string, Tensor> { ["x"] = Tensor.Of(Shape.Of(3, 2), 1f, 2, 3, 4, 5, 6) });

        Assert.Equal([3, 4, 5, 6, 1, 2], outputs["y"].ToDoubleArray());
        Assert.Equal((Shape.Of(1, 2, 2), "1, 2, 5, 6"), (outputs["z"].Shape, string.Join(", ", outputs["z"].ToDoubleArray())));
        Assert.Equal([3], outputs["count"].ToDoubleArray());
    }

    [Fact]
    public void ALoopFillsASequence()
    {
        var body = Body("i c rows", "c2 next", NodeOf("Identity", "c", "c2"), NodeOf("Cast", "i", "real", Attribute("to", 1L)), NodeOf("Mul", "x real", "row"), NodeOf("SequenceInsert", "rows row", "next"));
        TestModel Model(Func<TestModel, TestModel> most) => most(new TestModel().Input("x", 1)).TypedInitializer("yes", Bool, 1).Node("SequenceEmpty", "", "empty")
            .Node("Loop", "most yes empty", "rows", Attribute("body", body)).Node("ConcatFromSequence", "rows", "y", Attribute("axis", 0L)).Output("y");

        var y = Evaluator.Run(Model(m => m.Ints("most", [], 3)).Import(), new Dictionary<string, Tensor> { ["x"] = Tensor.Vector(5f) })["y"];

        Assert.Equal([0, 5, 10], y.ToDoubleArray());
        Assert.Contains("sequence", Assert.Throws<UnsupportedException>(() => Model(m => m.TypedInput("most", Int64)).Import()).Message);
    }

    /// <summary>x doubles at most "most" times, and while it is below a limit.</summary>
    internal static TestModel Doubling(int opset = 17)
    {
        var body = Body("i c v", "more next", NodeOf("Add", "v v", "next"), NodeOf("Less", "next limit", "below"), NodeOf("Squeeze", "below", "more"));
        return new TestModel(opset).TypedInput("most", Int64).Input("x", 1).Input("limit").TypedInitializer("yes", Bool, 1).Node("Loop", "most yes x", "y", Attribute("body", body)).Output("y");
    }

    /// <summary>Columns of x are added up from the last to the first, and each sum is kept.</summary>
    internal static TestModel Collecting()
    {
        var body = new GraphProto { Name = "body" };
        body.Input.Add([Named("sum"), Named("x")]);
        body.Output.Add([Named("next"), Named("kept")]);
        body.Node.Add([NodeOf("Add", "sum x", "next"), NodeOf("Identity", "next", "kept")]);
        return new TestModel().Input("s", 2).Input("x", 2, 3).Node(
            "Scan", "s x", "last all", Attribute("body", body), Attribute("num_scan_inputs", 1L), Attribute("scan_input_axes", new long[] { 1 }), Attribute("scan_input_directions", new long[] { 1 }),
            Attribute("scan_output_axes", new long[] { -1 }), Attribute("scan_output_directions", new long[] { 1 })).Output("last").Output("all");
    }

    private static GraphProto Body(string inputs, string outputs, params NodeProto[] nodes)
    {
        var body = new GraphProto { Name = "body" };
        body.Input.Add(inputs.Split(' ').Select((name, i) => Named(name, i == 0 ? Int64 : i == 1 ? Bool : Float)));
        body.Output.Add(outputs.Split(' ').Select((name, i) => Named(name, i == 0 ? Bool : Float)));
        body.Node.Add(nodes);
        return body;
    }

    private static ValueInfoProto Named(string name, int type = Float) => new() { Name = name, Type = new() { TensorType = new() { ElemType = type } } };
}
