using Lathe.Formats;
using Lathe.Formats.TensorFlow.Protobuf;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Tests.Formats.TensorFlow;

/// <summary>The rules of importing graphs: what their inputs and outputs are, control flow, variables, and what is refused.</summary>
public class TensorFlowImporterTests
{
    [Fact]
    public void PlaceholdersAreInputsAndNodesThatNothingReadsAreOutputs()
    {
        var graph = new TestGraph().Placeholder("x", DType.Float32, -1, 2).Placeholder("unused", DType.Float32, 1)
            .Add("Relu", "a", "x").Add("Exp", "y", "a").Add("Neg", "z", "a:0").Add("NoOp", "init", "^y").Import();

        Assert.Equal(["x"], graph.Inputs.Select(i => ((Input)i.Op).InputName));
        Assert.Equal(Shape.Of(1, 2), graph.Inputs[0].Shape);
        Assert.Equal(["y", "z"], graph.Outputs.Select(o => o.Name).Order());
    }

    [Fact]
    public void NodesInTheMiddleCanBeInputsAndOutputs()
    {
        var graph = new TestGraph().Placeholder("x", DType.Float32, 4).Add("Relu", "a", "x", ("T", DType.Float32)).Add("Exp", "b", "a").Add("Neg", "c", "b")
            .Import(new() { Inputs = ["a:0"], Outputs = ["b:0"], InputShapes = InputShapes.Parse("a:[3]") });

        Assert.Equal("a", ((Input)graph.Inputs.Single().Op).InputName);
        Assert.Equal(("b", Shape.Of(3)), (graph.Outputs.Single().Name, graph.Outputs[0].Value.Shape));
    }

    [Fact]
    public void UnknownNamesAreErrorsThatListTheKnownOnes()
    {
        var graph = new TestGraph().Placeholder("x", DType.Float32, 4).Add("Relu", "y", "x");

        Assert.Contains("y", Assert.Throws<ModelException>(() => graph.Import(new() { Outputs = ["nothing"] })).Next);
        Assert.Contains("x", Assert.Throws<ModelException>(() => graph.Import(new() { Inputs = ["nothing"] })).Next);
        Assert.Contains("x", Assert.Throws<ModelException>(() => graph.Import(new() { InputShapes = InputShapes.Parse("nothing:[1]") })).Next);
    }

    [Fact]
    public void ShapesThatTheModelDoesNotSayMustBeGiven()
    {
        var graph = new TestGraph().Placeholder("x", DType.Float32, null).Add("Relu", "y", "x");

        var error = Assert.Throws<ModelException>(() => graph.Import());

        Assert.Equal("LATHE3522", error.Code);
        Assert.Contains("--input-shapes", error.Next);
        Assert.Equal(Shape.Of(2, 3), graph.Import(new() { InputShapes = InputShapes.Parse("x:[2,3]") }).Outputs[0].Value.Shape);
    }

    [Fact]
    public void AllPlacesThatCannotBeImportedAreListedAtOnce()
    {
        var graph = new TestGraph().Placeholder("x", DType.Float32, 2).Add("RandomUniform", "r", "x").Add("Wave", "w", "x").Add("Add", "y", "r w").Add("Never", "n", "^w");

        var error = Assert.Throws<UnsupportedException>(() => graph.Import(new() { Outputs = ["y"] }));

        Assert.Equal(2, error.Message.Split("node '").Length - 1);
    }

    [Fact]
    public void FusedOperatorsAreTheirParts()
    {
        TestGraph Operands() => new TestGraph().Const("x", Tensor.Of<float>(Shape.Of(1, 2, 2, 1), 1, -2, 3, 4)).Const("w", Tensor.Of<float>(Shape.Of(1, 1, 1, 2), 2, -1))
            .Const("m", Tensor.Of<float>(Shape.Of(2, 2), 1, 2, 3, 4)).Floats("b", 1, -1).Floats("one", 1, 1).Floats("zero", 0, 0);
        var window = new (string, object)[] { ("strides", new long[] { 1, 1, 1, 1 }), ("padding", "VALID") };

        Assert.Equal(
            [3, 0, 0, 1, 6, 0, 6, 0],
            Operands().Add("_FusedConv2D", "y", "x w b", [.. window, ("fused_ops", new[] { "BiasAdd", "Relu6" }), ("num_args", 1)]).Elements("y"));
        Assert.Equal(
            [3, -0.5, -0.75, 1, 7, -1, 9, -1.25],
            Operands().Add("_FusedConv2D", "y", "x w one b zero one", [.. window, ("fused_ops", new[] { "FusedBatchNorm", "LeakyRelu" }), ("epsilon", 0f), ("leakyrelu_alpha", 0.25f)])
                .Elements("y").Select(v => Math.Round(v, 5)));
        Assert.Equal([8, 9, 16, 21], Operands().Add("_FusedMatMul", "y", "m m b", ("fused_ops", new[] { "BiasAdd" })).Elements("y"));
        Assert.Contains("'Sin'", Assert.Throws<UnsupportedException>(() => Operands().Add("_FusedMatMul", "y", "m m", ("fused_ops", new[] { "Sin" })).Elements("y")).Message);
    }

    [Fact]
    public void OneStoredNumberStandsForAll()
    {
        var proto = new TensorProto { Dtype = 1, TensorShape = TestGraph.ShapeOf([2, 2]) };
        proto.FloatVal.AddRange([1, 7]);

        Assert.Equal([1, 7, 7, 7], new TestGraph().Add("Const", "c", "", ("value", proto)).Add("Abs", "y", "c").Elements("y"));
    }

    [Theory]
    [InlineData(true, 4)]
    [InlineData(false, -2)]
    public void ConditionalsOfTensorFlow1AreFoldedOrBecomeSelections(bool condition, double expected)
    {
        TestGraph Model(bool isKnown)
        {
            var graph = new TestGraph().Placeholder("x", DType.Float32, 1);
            graph = isKnown ? graph.Const("p", Tensor.Scalar(condition)) : graph.Placeholder("p", DType.Bool, []);
            return graph.Add("Switch", "s", "x p").Add("Switch", "pivot", "p p").Add("Identity", "yes", "pivot:1").Add("Identity", "no", "pivot:0")
                .Add("Const", "two", "^yes", ("value", Tensor.Scalar(2f)), ("dtype", DType.Float32)).Add("Mul", "twice", "s:1 two")
                .Add("Neg", "negative", "s:0").Add("Merge", "m", "negative twice").Add("Identity", "y", "m");
        }

        Assert.Equal([expected], Model(true).Elements("y", ("x", Tensor.Vector(2f))));
        Assert.Equal([expected], Model(false).Elements("y", ("x", Tensor.Vector(2f)), ("p", Tensor.Scalar(condition))));
        Assert.DoesNotContain(Model(true).Import(new() { Outputs = ["y"] }).Nodes, n => n.Op is Where);
        Assert.Contains(Model(false).Import(new() { Outputs = ["y"] }).Nodes, n => n.Op is Where);
    }

    [Fact]
    public void ConstantsOfBranchesAreChosenByWhatTheyWaitFor()
    {
        var graph = new TestGraph().Placeholder("p", DType.Bool, []).Add("Switch", "pivot", "p p").Add("Identity", "yes", "pivot:1").Add("Identity", "no", "pivot:0")
            .Add("Const", "a", "^yes", ("value", Tensor.Scalar(1f))).Add("Const", "b", "^no", ("value", Tensor.Scalar(2f))).Add("Merge", "m", "b a").Add("Identity", "y", "m");

        Assert.Equal([1], graph.Elements("y", ("p", Tensor.Scalar(true))));
        Assert.Equal([2], graph.Elements("y", ("p", Tensor.Scalar(false))));
    }

    [Fact]
    public void LoopsOfTensorFlow1RunWhileTheModelIsRead()
    {
        // i from 0 to 3: x = x * w + i, with an array that keeps each x.
        var graph = new TestGraph().Placeholder("x", DType.Float32, 1).Floats("w", 2).Number("zero", 0).Number("three", 3).Number("one", 1)
            .Add("TensorArrayV3", "array", "three", ("dtype", DType.Float32))
            .Add("Enter", "ei", "zero", ("frame_name", "loop")).Add("Enter", "ex", "x", ("frame_name", "loop")).Add("Enter", "ea", "array:1", ("frame_name", "loop"))
            .Add("Enter", "ew", "w", ("frame_name", "loop"), ("is_constant", true)).Add("Enter", "en", "three", ("frame_name", "loop"), ("is_constant", true))
            .Add("Enter", "eh", "array", ("frame_name", "loop"), ("is_constant", true)).Add("Enter", "e1", "one", ("frame_name", "loop"), ("is_constant", true))
            .Add("Merge", "mi", "ei ni").Add("Merge", "mx", "ex nx").Add("Merge", "ma", "ea na")
            .Add("Less", "less", "mi en").Add("LoopCond", "go", "less")
            .Add("Switch", "si", "mi go").Add("Switch", "sx", "mx go").Add("Switch", "sa", "ma go")
            .Add("Identity", "i", "si:1").Add("Identity", "xi", "sx:1")
            .Add("Mul", "product", "xi ew").Add("Cast", "real", "i", ("DstT", DType.Float32)).Add("Add", "sum", "product real")
            .Add("TensorArrayWriteV3", "write", "eh i sum sa:1").Add("Add", "next", "i e1")
            .Add("NextIteration", "ni", "next").Add("NextIteration", "nx", "sum").Add("NextIteration", "na", "write")
            .Add("Exit", "xx", "sx").Add("Exit", "xa", "sa")
            .Ints("all", 0, 1, 2).Add("TensorArrayGatherV3", "stacked", "array all xa").Add("Identity", "last", "xx");

        Assert.Equal([2, 5, 12], graph.Elements("stacked", ("x", Tensor.Vector(1f))));
        Assert.Equal([12], graph.Elements("last", ("x", Tensor.Vector(1f))));
    }

    [Fact]
    public void LoopsOfFunctionsAndListsRunWhileTheModelIsRead()
    {
        var graph = new TestGraph().Placeholder("x", DType.Float32, 2).Number("zero", 0).Number("four", 4).Ints("shape", 2)
            .Function("goes", "i x list", "r=less:z:0", TestGraph.Node("Const", "n", "", ("value", Tensor.Scalar(4))), TestGraph.Node("Less", "less", "i n:output:0"))
            .Function(
                "round",
                "i x list",
                "i2=next:z:0 x2=twice:z:0 list2=set:output_handle:0",
                TestGraph.Node("Const", "one", "", ("value", Tensor.Scalar(1))),
                TestGraph.Node("Add", "next", "i one:output:0"),
                TestGraph.Node("Add", "twice", "x x"),
                TestGraph.Node("TensorListSetItem", "set", "list i twice:z:0"))
            .Add("TensorListReserve", "list", "shape four", ("element_dtype", DType.Float32))
            .Add("StatelessWhile", "while", "zero x list", ("cond", Named("goes")), ("body", Named("round")))
            .Add("TensorListStack", "stacked", "while:2 shape", ("element_dtype", DType.Float32)).Add("Identity", "last", "while:1");

        Assert.Equal([2, 4, 4, 8, 8, 16, 16, 32], graph.Elements("stacked", ("x", Tensor.Vector(1f, 2f))));
        Assert.Equal([16, 32], graph.Elements("last", ("x", Tensor.Vector(1f, 2f))));
    }

    [Fact]
    public void LoopsThatChangeNothingAreRefused()
    {
        var graph = new TestGraph().Placeholder("n", DType.Int32, [])
            .Function("goes", "n", "r=less:z:0", TestGraph.Node("Const", "zero", "", ("value", Tensor.Scalar(0))), TestGraph.Node("Less", "less", "zero:output:0 n"))
            .Function("round", "n", "r=same:output:0", TestGraph.Node("Identity", "same", "n"))
            .Add("While", "while", "n", ("cond", Named("goes")), ("body", Named("round"))).Add("Identity", "y", "while");

        Assert.Contains("never ends", Assert.Throws<UnsupportedException>(() => graph.Import()).Message);
    }

    [Fact]
    public void FunctionsAreReadWhereTheyAreCalledAndBranchesChosen()
    {
        var graph = new TestGraph().Placeholder("x", DType.Float32, 2).Placeholder("p", DType.Bool, [])
            .Function("double", "x", "y=sum:z:0", TestGraph.Node("AddV2", "sum", "x x")).Function("negate", "x", "y=n:y:0", TestGraph.Node("Neg", "n", "x"))
            .Function("twice", "x", "y=b:y:0", TestGraph.Node("double", "a", "x"), TestGraph.Node("PartitionedCall", "b", "a:y:0", ("f", Named("double"))))
            .Function("split", "x", "a=s:output:0 b=s:output:1", TestGraph.Node("Const", "axis", "", ("value", Tensor.Scalar(0))), TestGraph.Node("Split", "s", "axis:output:0 x", ("num_split", 2)))
            .Add("StatefulPartitionedCall", "four", "x", ("f", Named("twice"))).Add("If", "y", "p x", ("then_branch", Named("twice")), ("else_branch", Named("negate")))
            .Add("PartitionedCall", "parts", "x", ("f", Named("split"))).Add("Identity", "second", "parts:1");

        Assert.Equal([4, 8], graph.Elements("four", ("x", Tensor.Vector(1f, 2f))));
        Assert.Equal([2], graph.Elements("second", ("x", Tensor.Vector(1f, 2f))));
        Assert.Equal([-1, -2], graph.Elements("y", ("x", Tensor.Vector(1f, 2f)), ("p", Tensor.Scalar(false))));
    }

    [Fact]
    public void FunctionsThatCallThemselvesAndNodesThatReadThemselvesAreErrors()
    {
        var calls = new TestGraph().Placeholder("x", DType.Float32, 2).Function("f", "x", "y=n:y:0", TestGraph.Node("f", "n", "x")).Add("f", "y", "x");
        var reads = new TestGraph().Add("Add", "a", "b b").Add("Neg", "b", "a");

        Assert.Throws<ModelException>(() => calls.Import());
        Assert.Equal("LATHE3539", Assert.Throws<ModelException>(() => reads.Import(new() { Outputs = ["a"] })).Code);
    }

    [Fact]
    public void DropoutIsTheDataItself()
    {
        var graph = new TestGraph().Placeholder("x", DType.Float32, 3).Placeholder("keep", DType.Float32, null).Ints("shape", 3).Floats("least", 0).Floats("range", 1)
            .Add("RealDiv", "scaled", "x keep").Add("RandomUniform", "random", "shape").Add("Mul", "wide", "random range").Add("Add", "moved", "wide least").Add("Add", "sum", "keep moved")
            .Add("Floor", "mask", "sum").Add("Mul", "dropped", "scaled mask").Add("Neg", "y", "dropped");

        Assert.Equal(["x"], graph.Import().Inputs.Select(i => ((Input)i.Op).InputName));
        Assert.Equal(["y"], graph.Import().Outputs.Select(o => o.Name));
        Assert.Equal([-1, -2, -3], graph.Elements("y", ("x", Tensor.Vector(1f, 2f, 3f))));
    }

    [Theory]
    [InlineData("SAME")]
    [InlineData("VALID")]
    public void ConvolutionsOfBothLayoutsAgree(string padding)
    {
        var random = new Random(5);
        Tensor Filled(params long[] shape) => Tensor.Of(Shape.Of(shape), [.. Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(_ => random.NextSingle())]);
        var (x, w) = (Filled(1, 5, 6, 3), Filled(3, 3, 3, 4));
        TestGraph Model(string format, long[] strides) => new TestGraph().Placeholder("x", DType.Float32, 1, 5, 6, 3).Const("w", w).Ints("first", 0, 3, 1, 2).Ints("last", 0, 2, 3, 1)
            .Add("Transpose", "t", "x first").Add("Conv2D", "c", format == "NHWC" ? "x w" : "t w", ("data_format", format), ("padding", padding), ("strides", strides)).Add("Transpose", "l", "c last");

        double[] expected = Model("NHWC", [1, 2, 1, 1]).Elements("c", ("x", x)), actual = Model("NCHW", [1, 1, 2, 1]).Elements("l", ("x", x));

        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), p => Assert.Equal(p.First, p.Second, 1e-5));
    }

    internal static NameAttrList Named(string function) => new() { Name = function };
}
