using Lathe.Formats.TFLite.Reading;
using Lathe.Formats.TFLite.Writing;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using static Lathe.Formats.TFLite.Reading.BuiltinOperator;

namespace Lathe.Tests.Formats.TFLite;

/// <summary>WHILE, written out or as a loop of the graph.</summary>
public class LoopTests
{
    [Fact]
    public void ACountedLoopIsWrittenOut()
    {
        var model = Doubling(b => b.Stored("limit", LiteType.Int32, Tensor.Scalar(5)));

        Assert.DoesNotContain(model.Import().Nodes, n => n.Op is While);
        Assert.Equal([32, 64], model.Run(Tensor.Vector(1f, 2f)).ToDoubleArray());
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(3, 8)]
    [InlineData(100, 1024)]
    public void ALoopUpToAnInputIsALoopOfTheGraph(int rounds, double factor)
    {
        var model = Doubling(b => b.Input("limit", LiteType.Int32, []));

        var loop = Assert.IsType<While>(model.Import().Outputs[0].Value.Op);
        Assert.Equal(2, loop.Carried);
        Assert.Equal([Math.Min(factor, 1024), 2 * Math.Min(factor, 1024)], model.Run(Tensor.Vector(1f, 2f), Tensor.Scalar(Math.Min(rounds, 10))).ToDoubleArray());
    }

    [Fact]
    public void ALoopOfMoreRoundsThanAreWrittenOutIsALoopOfTheGraph()
    {
        var model = new TestModel().Input("x", LiteType.Int32, []).Stored("zero", LiteType.Int32, Tensor.Scalar(0)).Value("i", LiteType.Int32).Value("y", LiteType.Int32)
            .Another(b => b.Input("i", LiteType.Int32, []).Input("x", LiteType.Int32, []).Stored("n", LiteType.Int32, Tensor.Scalar(10_000)).Value("more", LiteType.Bool).Node(LESS, "i n", "more").Output("more"))
            .Another(b => b.Input("i", LiteType.Int32, []).Input("x", LiteType.Int32, []).Stored("one", LiteType.Int32, Tensor.Scalar(1)).Stored("three", LiteType.Int32, Tensor.Scalar(3))
                .Value("next", LiteType.Int32).Value("sum", LiteType.Int32).Node(ADD, "i one", "next").Node(ADD, "x three", "sum").Output("next").Output("sum"))
            .Node(WHILE, "zero x", "i y", new() { { 0, 1 }, { 1, 2 } }).Output("y");

        Assert.Single(model.Import().Nodes, n => n.Op is While);
        Assert.Equal([30_007], model.Run(Tensor.Scalar(7)).ToDoubleArray());
    }

    /// <summary>y = a until |y * y - a| is small: rounds that nobody knows before.</summary>
    [Theory]
    [InlineData(2f)]
    [InlineData(144f)]
    [InlineData(1f)]
    public void NewtonsMethodRunsUntilItIsThere(float a)
    {
        var model = new TestModel().Input("a", LiteType.Float32, []).Value("last").Value("stays")
            .Another(b => b.Input("y", []).Input("a", []).Floats("eps", [], 1e-3f).Node(MUL, "y y", "square").Node(SUB, "square a", "off").Node(ABS, "off", "error")
                .Value("more", LiteType.Bool).Node(GREATER, "error eps", "more").Output("more"))
            .Another(b => b.Input("y", []).Input("a", []).Floats("half", [], 0.5f).Node(DIV, "a y", "ratio").Node(ADD, "y ratio", "sum").Node(MUL, "sum half", "next").Output("next").Output("a"))
            .Node(WHILE, "a a", "last stays", new() { { 0, 1 }, { 1, 2 } }).Output("last");

        Assert.Equal(Math.Sqrt(a), model.Run(Tensor.Scalar(a)).GetDouble(0), 1e-3);
    }

    /// <summary>What a variable holds is carried like anything else: the rounds add up to it, and what is read after the loop is what the last one assigned.</summary>
    [Theory]
    [InlineData(0, 10)]
    [InlineData(4, 16)]
    public void AVariableThatRoundsAssignIsCarried(int rounds, double expected)
    {
        FlatNode Name() => new() { { 0, "" }, { 1, "total" } };
        var model = new TestModel().Input("n", LiteType.Int32, []).Stored("zero", LiteType.Int32, Tensor.Scalar(0)).Stored("ten", LiteType.Int32, Tensor.Scalar(10))
            .Value("v", LiteType.Resource).Value("i", LiteType.Int32).Value("m", LiteType.Int32).Value("y", LiteType.Int32)
            .Another(b => b.Input("i", LiteType.Int32, []).Input("n", LiteType.Int32, []).Value("more", LiteType.Bool).Node(LESS, "i n", "more").Output("more"))
            .Another(b => b.Input("i", LiteType.Int32, []).Input("n", LiteType.Int32, []).Stored("one", LiteType.Int32, Tensor.Scalar(1)).Value("next", LiteType.Int32).Value("held", LiteType.Int32).Value("sum", LiteType.Int32)
                .Value("v", LiteType.Resource).Node(VAR_HANDLE, "", "v", Name()).Node(READ_VARIABLE, "v", "held").Node(ADD, "held i", "sum").Node(ASSIGN_VARIABLE, "v sum", "")
                .Node(ADD, "i one", "next").Output("next").Output("n"))
            .Node(VAR_HANDLE, "", "v", Name()).Node(ASSIGN_VARIABLE, "v ten", "").Node(WHILE, "zero n", "i m", new() { { 0, 1 }, { 1, 2 } }).Node(READ_VARIABLE, "v", "y").Output("y");

        Assert.Equal([expected], model.Run(Tensor.Scalar(rounds)).ToDoubleArray());
    }

    /// <summary>The loop of the branch that is not taken would never end.</summary>
    [Theory]
    [InlineData(true, 5, 0)]
    [InlineData(false, -3, -3)]
    public void ALoopInABranchRunsOnlyIfTheBranchIsTaken(bool isTaken, int x, double expected)
    {
        var model = new TestModel().Input("p", LiteType.Bool, []).Input("x", LiteType.Int32, []).Value("y", LiteType.Int32)
            .Another(b => b.Input("x", LiteType.Int32, []).Value("zero", LiteType.Int32).Node(WHILE, "x", "zero", new() { { 0, 3 }, { 1, 4 } }).Output("zero"))
            .Another(b => b.Input("x", LiteType.Int32, []).Output("x"))
            .Another(b => b.Input("x", LiteType.Int32, []).Stored("zero", LiteType.Int32, Tensor.Scalar(0)).Value("more", LiteType.Bool).Node(NOT_EQUAL, "x zero", "more").Output("more"))
            .Another(b => b.Input("x", LiteType.Int32, []).Stored("one", LiteType.Int32, Tensor.Scalar(1)).Value("next", LiteType.Int32).Node(SUB, "x one", "next").Output("next"))
            .Node(IF, "p x", "y", new() { { 0, 1 }, { 1, 2 } }).Output("y");

        Assert.Equal([expected], model.Run(Tensor.Scalar(isTaken), Tensor.Scalar(x)).ToDoubleArray());
    }

    [Fact]
    public void AValueThatGrowsIsRefused()
    {
        var model = new TestModel().Input("x", LiteType.Float32, [1]).Input("limit", 1).Value("y")
            .Another(b => b.Input("x", 1).Input("limit", 1).Ints("all", 0).Node(SUM, "x all", "sum", new() { { 0, true } }).Value("more", LiteType.Bool).Node(LESS, "sum limit", "more").Output("more"))
            .Another(b => b.Input("x", 1).Input("limit", 1).Node(CONCATENATION, "x x", "next").Output("next").Output("limit"))
            .Value("unused").Node(WHILE, "x limit", "y unused", new() { { 0, 1 }, { 1, 2 } }).Output("y");

        var error = Assert.Throws<UnsupportedException>(() => model.Import());

        Assert.Contains("value 0 that it carries is f32[1] before a round and f32[2] after it", Assert.Single(error.Places));
    }

    /// <summary>Row i of the first matrix, and two of its columns from i on, are written over the second one from row i on.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void PlacesThatOnlyARunKnowsAreReadAndWritten(int place)
    {
        TestModel Model(Func<TestModel, TestModel> at) => at(new TestModel().Input("x", 4, 5).Input("y", 4, 5)).Ints("zero", 0).Ints("one", 1).Ints("strides", 1, 1).Ints("size", 2, 2).Ints("line", 1, 5)
            .Value("next", LiteType.Int32, [1]).Node(ADD, "i one", "next").Value("begin", LiteType.Int32, [2]).Node(CONCATENATION, "i zero", "begin", new() { { 0, 0 } })
            .Value("end", LiteType.Int32, [2]).Node(CONCATENATION, "next zero", "end", new() { { 0, 0 } }).Node(STRIDED_SLICE, "x begin end strides", "row", new() { { 0, 2 }, { 1, 2 }, { 4, 1 } })
            .Node(RESHAPE, "row line", "flat").Value("both", LiteType.Int32, [2]).Node(CONCATENATION, "zero i", "both", new() { { 0, 0 } }).Node(SLICE, "x both size", "block")
            .Node(DYNAMIC_UPDATE_SLICE, "y flat begin", "first").Value("corner", LiteType.Int32, [2]).Node(CONCATENATION, "next i", "corner", new() { { 0, 0 } })
            .Node(DYNAMIC_UPDATE_SLICE, "first block corner", "z").Output("z");
        Tensor x = Tensor.Of<float>(Shape.Of(4, 5), [.. Enumerable.Range(0, 20)]), y = Tensor.Of<float>(Shape.Of(4, 5), [.. Enumerable.Range(100, 20)]);

        var known = Model(m => m.Ints("i", place)).Run(x, y);
        var open = Model(m => m.Input("i", LiteType.Int32, [1])).Run(x, y, Tensor.Vector(place));

        Assert.Equal(known.ToDoubleArray(), open.ToDoubleArray());
        Assert.Equal(place * 5, known.GetDouble(place * 5));
        Assert.Equal(place, known.GetDouble((Math.Min(place + 1, 2) * 5) + place));
    }

    /// <summary>x doubles as often as "limit" says.</summary>
    internal static TestModel Doubling(Func<TestModel, TestModel> limit) => limit(new TestModel().Input("x", 2))
        .Stored("zero", LiteType.Int32, Tensor.Scalar(0)).Value("i", LiteType.Int32).Value("n", LiteType.Int32).Value("y")
        .Another(b => b.Input("i", LiteType.Int32, []).Input("n", LiteType.Int32, []).Input("x", 2).Value("more", LiteType.Bool).Node(LESS, "i n", "more").Output("more"))
        .Another(b => b.Input("i", LiteType.Int32, []).Input("n", LiteType.Int32, []).Input("x", 2).Stored("one", LiteType.Int32, Tensor.Scalar(1)).Value("next", LiteType.Int32)
            .Node(ADD, "i one", "next").Node(ADD, "x x", "twice").Output("next").Output("n").Output("twice"))
        .Node(WHILE, "zero limit x", "i n y", new() { { 0, 1 }, { 1, 2 } }).Output("y");
}
