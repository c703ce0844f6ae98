using Lathe.Formats.TensorFlow.Protobuf;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using static Lathe.Tests.Formats.TensorFlow.TestGraph;

namespace Lathe.Tests.Formats.TensorFlow;

/// <summary>Loops of both generations whose rounds only a run counts.</summary>
public class LoopTests
{
    private const string Frame = "loop";

    /// <summary>y = (y + a / y) / 2 until |y * y - a| is small.</summary>
    [Theory]
    [InlineData(2f)]
    [InlineData(144f)]
    [InlineData(1f)]
    public void NewtonsMethodRunsUntilItIsThere(float a)
    {
        foreach (var graph in Newton())
        {
            Assert.IsType<While>(graph.Import(new() { Outputs = ["root"] }).Outputs[0].Value.Op);
            Assert.Equal(Math.Sqrt(a), graph.Elements("root", ("a", Tensor.Scalar(a)))[0], 1e-3);
        }
    }

    /// <summary>The best next token after each token, as a table says it, until token 0; they are written into an array of six.</summary>
    [Theory]
    [InlineData(1, new double[] { 3, 2, 0, 0, 0, 0 })]
    [InlineData(0, new double[] { 0, 0, 0, 0, 0, 0 })]
    [InlineData(4, new double[] { 4, 4, 4, 4, 4, 4 })]
    public void GreedyDecodingEndsAtATokenOrAtTheBuffersEnd(int first, double[] expected)
    {
        var embedding = Tensor.Of<float>(Shape.Of(5, 2), 1, 0, 0, 1, 2, 0, 1, 1.2f, -1, -1);
        // Column t of the product is how well token t follows.
        var weights = Tensor.Of<float>(Shape.Of(2, 5), 3, 0, 1, 0, -9, 0, 1, 2, 2.5f, -9);
        var graph = new TestGraph().Placeholder("first", DType.Int32, []).Number("zero", 0).Number("six", 6).Ints("shape").Const("embedding", embedding).Const("weights", weights)
            .Function(
                "goes", "i token list e w", "r=both:z:0",
                Node("Const", "n", "", ("value", Tensor.Scalar(6))), Node("Const", "end", "", ("value", Tensor.Scalar(0))), Node("Less", "room", "i n:output:0"),
                Node("NotEqual", "speaks", "token end:output:0"), Node("LogicalAnd", "both", "room:z:0 speaks:z:0"))
            .Function(
                "round", "i token list e w", "i2=next:z:0 token2=best32:y:0 list2=set:output_handle:0 e2=e w2=w",
                Node("Const", "one", "", ("value", Tensor.Scalar(1))), Node("Const", "axis", "", ("value", Tensor.Scalar(0))), Node("Const", "last", "", ("value", Tensor.Scalar(1))),
                Node("Const", "row", "", ("value", Tensor.Vector(1, 2))), Node("AddV2", "next", "i one:output:0"), Node("GatherV2", "vector", "e token axis:output:0"),
                Node("Reshape", "line", "vector:output:0 row:output:0"), Node("MatMul", "scores", "line:output:0 w"), Node("ArgMax", "best", "scores:product:0 last:output:0", ("output_type", DType.Int32)),
                Node("Squeeze", "best32s", "best:output:0"), Node("Cast", "best32", "best32s:output:0", ("DstT", DType.Int32)), Node("TensorListSetItem", "set", "list i best32:y:0"))
            .Add("TensorListReserve", "list", "shape six", ("element_dtype", DType.Int32))
            .Add("While", "while", "zero first list embedding weights", ("cond", Named("goes")), ("body", Named("round")))
            .Add("TensorListStack", "tokens", "while:2 shape", ("element_dtype", DType.Int32));

        var loop = Assert.IsType<While>(graph.Import(new() { Outputs = ["tokens"] }).Outputs[0].Value.Op);
        Assert.Equal(3, loop.Carried);
        Assert.Equal(expected, graph.Elements("tokens", ("first", Tensor.Scalar(first))));
    }

    /// <summary>Rounds k = 0, 1, ... below n, each of which adds 1 to x as often as k says.</summary>
    [Theory]
    [InlineData(0, 10)]
    [InlineData(5, 20)]
    public void LoopsAreNested(int rounds, double expected)
    {
        var graph = new TestGraph().Placeholder("x", DType.Int32, []).Placeholder("n", DType.Int32, []).Number("zero", 0)
            .Function("less", "x k n", "r=l:z:0", Node("Less", "l", "k n"))
            .Function("add", "x k n", "x2=sum:z:0 k2=next:z:0 n2=n", Node("Const", "one", "", ("value", Tensor.Scalar(1))), Node("AddV2", "sum", "x one:output:0"), Node("AddV2", "next", "k one:output:0"))
            .Function(
                "outer", "x k n", "x2=inner:output:0 k2=next:z:0 n2=n",
                Node("Const", "zero", "", ("value", Tensor.Scalar(0))), Node("Const", "one", "", ("value", Tensor.Scalar(1))), Node("AddV2", "next", "k one:output:0"),
                Node("While", "inner", "x zero:output:0 k", ("cond", Named("less")), ("body", Named("add"))))
            .Add("While", "y", "x zero n", ("cond", Named("less")), ("body", Named("outer")));

        Assert.Equal([expected], graph.Elements("y", ("x", Tensor.Scalar(10)), ("n", Tensor.Scalar(rounds))));
    }

    /// <summary>The inner loop reads nothing that changes, so that it could run before the outer one; but it ends only where n is not negative, as the outer condition says.</summary>
    [Theory]
    [InlineData(-1, 7)]
    [InlineData(3, 3)]
    public void ALoopThatStaysTheSameRunsOnlyWithTheLoopAroundIt(int n, double expected)
    {
        var graph = new TestGraph().Placeholder("n", DType.Int32, []).Number("seven", 7).Const("yes", Tensor.Scalar(true))
            .Function("positive", "y n go", "r=both:z:0", Node("Const", "zero", "", ("value", Tensor.Scalar(0))), Node("GreaterEqual", "ge", "n zero:output:0"), Node("LogicalAnd", "both", "ge:z:0 go"))
            .Function("differs", "k n", "r=ne:z:0", Node("NotEqual", "ne", "k n"))
            .Function("count", "k n", "k2=next:z:0 n2=n", Node("Const", "one", "", ("value", Tensor.Scalar(1))), Node("AddV2", "next", "k one:output:0"))
            .Function(
                "outer", "y n go", "y2=inner:output:0 n2=n go2=no:output:0",
                Node("Const", "zero", "", ("value", Tensor.Scalar(0))), Node("Const", "no", "", ("value", Tensor.Scalar(false))),
                Node("While", "inner", "zero:output:0 n", ("cond", Named("differs")), ("body", Named("count"))))
            .Add("While", "y", "seven n yes", ("cond", Named("positive")), ("body", Named("outer")));

        Assert.Equal([expected], graph.Elements("y", ("n", Tensor.Scalar(n))));
    }

    /// <summary>Rows of x are summed until one begins with a negative number.</summary>
    [Theory]
    [InlineData(0, new double[] { 0, 0 })]
    [InlineData(2, new double[] { 4, 6 })]
    public void RowsAreTakenByTheRoundsNumber(int rows, double[] expected)
    {
        var x = Tensor.Of<float>(Shape.Of(4, 2), 1, 2, 3, 4, 5, 6, -1, 0);
        x.SetDouble(rows * 2, -1);
        NodeDef[] Row(string name) =>
        [
            Node("Const", $"{name}/one", "", ("value", Tensor.Scalar(1))), Node("Const", $"{name}/strides", "", ("value", Tensor.Vector(1))), Node("AddV2", $"{name}/next", $"i {name}/one:output:0"),
            Node("Pack", $"{name}/begin", "i", ("N", 1)), Node("Pack", $"{name}/end", $"{name}/next:z:0", ("N", 1)),
            Node("StridedSlice", name, $"x {name}/begin:output:0 {name}/end:output:0 {name}/strides:output:0", ("shrink_axis_mask", 1)),
        ];
        var graph = new TestGraph().Placeholder("x", DType.Float32, 4, 2).Number("zero", 0).Floats("nothing", 0, 0)
            .Function(
                "goes", "i sum x", "r=reduced:output:0",
                [.. Row("row"), Node("Const", "zero", "", ("value", Tensor.Vector(0f, -9))), Node("Const", "axis", "", ("value", Tensor.Vector(0))), Node("GreaterEqual", "each", "row:output:0 zero:output:0"), Node("All", "reduced", "each:z:0 axis:output:0")])
            .Function("round", "i sum x", "i2=row/next:z:0 sum2=more:z:0 x2=x", [.. Row("row"), Node("AddV2", "more", "sum row:output:0")])
            .Add("While", "while", "zero nothing x", ("cond", Named("goes")), ("body", Named("round"))).Add("Identity", "y", "while:1");

        Assert.Equal(expected, graph.Elements("y", ("x", x)));
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(3, 11)]
    public void AVariableThatRoundsAssignIsCarried(int rounds, double expected)
    {
        var graph = new TestGraph().Placeholder("n", DType.Int32, []).Number("zero", 0).Number("five", 5)
            .Function("less", "i n v", "r=l:z:0", Node("Less", "l", "i n"))
            .Function(
                "round", "i n v", "i2=next:z:0 n2=n v2=v",
                Node("Const", "one", "", ("value", Tensor.Scalar(1))), Node("AddV2", "next", "i one:output:0"), Node("AssignAddVariableOp", "assign", "v one:output:0"))
            .Add("VarHandleOp", "v", "", ("shared_name", "total")).Add("AssignVariableOp", "first", "v five")
            .Add("While", "while", "zero n v ^first", ("cond", Named("less")), ("body", Named("round"))).Add("ReadVariableOp", "total", "v ^while").Add("AddV2", "y", "total while");

        Assert.Equal([expected], graph.Elements("y", ("n", Tensor.Scalar(rounds))));
    }

    [Fact]
    public void ALoopThatEntersItselfIsAnError()
    {
        var graph = Newton()[1];
        graph.Definition.Node.Single(n => n.Name == "ee").Input[0] = "root";

        Assert.Equal("LATHE3539", Assert.Throws<ModelException>(() => graph.Import(new() { Outputs = ["root"] })).Code);
    }

    [Fact]
    public void AListThatGrowsIsRefused()
    {
        var graph = new TestGraph().Placeholder("n", DType.Int32, []).Number("zero", 0).Ints("shape")
            .Function("less", "i n list", "r=l:z:0", Node("Less", "l", "i n"))
            .Function(
                "round", "i n list", "i2=next:z:0 n2=n list2=push:output_handle:0",
                Node("Const", "one", "", ("value", Tensor.Scalar(1))), Node("AddV2", "next", "i one:output:0"), Node("TensorListPushBack", "push", "list i"))
            .Add("EmptyTensorList", "list", "shape zero", ("element_dtype", DType.Int32))
            .Add("While", "while", "zero n list", ("cond", Named("less")), ("body", Named("round"))).Add("TensorListStack", "y", "while:2 shape", ("element_dtype", DType.Int32));

        Assert.Contains("a list of 0 tensors before a round and 1 after it", Assert.Single(Assert.Throws<UnsupportedException>(() => graph.Import(new() { Outputs = ["y"] })).Places));
    }

    /// <summary>The same loop by functions and by nodes in a frame.</summary>
    internal static TestGraph[] Newton() =>
    [
        new TestGraph().Placeholder("a", DType.Float32, [])
            .Function(
                "goes", "y a", "r=more:z:0",
                Node("Const", "eps", "", ("value", Tensor.Scalar(1e-3f))), Node("Mul", "square", "y y"), Node("Sub", "off", "square:z:0 a"), Node("Abs", "error", "off:z:0"),
                Node("Greater", "more", "error:y:0 eps:output:0"))
            .Function(
                "round", "y a", "y2=next:z:0 a2=a",
                Node("Const", "half", "", ("value", Tensor.Scalar(0.5f))), Node("RealDiv", "ratio", "a y"), Node("AddV2", "sum", "y ratio:z:0"), Node("Mul", "next", "sum:z:0 half:output:0"))
            .Add("StatelessWhile", "while", "a a", ("cond", Named("goes")), ("body", Named("round"))).Add("Identity", "root", "while"),
        new TestGraph().Placeholder("a", DType.Float32, []).Const("eps", Tensor.Scalar(1e-3f)).Const("half", Tensor.Scalar(0.5f))
            .Add("Enter", "ey", "a", ("frame_name", Frame)).Add("Enter", "ea", "a", ("frame_name", Frame), ("is_constant", true))
            .Add("Enter", "ee", "eps", ("frame_name", Frame), ("is_constant", true)).Add("Enter", "eh", "half", ("frame_name", Frame), ("is_constant", true))
            .Add("Merge", "my", "ey ny").Add("Mul", "square", "my my").Add("Sub", "off", "square ea").Add("Abs", "error", "off").Add("Greater", "more", "error ee").Add("LoopCond", "go", "more")
            .Add("Switch", "sy", "my go").Add("Identity", "y", "sy:1").Add("RealDiv", "ratio", "ea y").Add("AddV2", "sum", "y ratio").Add("Mul", "next", "sum eh").Add("NextIteration", "ny", "next")
            .Add("Exit", "root", "sy"),
    ];

    private static NameAttrList Named(string function) => TensorFlowImporterTests.Named(function);
}
