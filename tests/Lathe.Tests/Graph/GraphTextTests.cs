using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Tests.Graphs;

public class GraphTextTests
{
    [Fact]
    public void PrintsConstantsAttributesAndOrigins()
    {
        string text = GraphText.Print(Example());

        Assert.Equal(
            """
            graph `a net`(image: f32[1,2,5,5], `a,b`: f32[n,3]) {
              $0: f32[4,2,3,3] = sha:DIGEST 'conv\'1'
              %0 = Conv(image, $0) {Window={Kernel=[3, 3], Strides=[1, 1], PadsBefore=[0, 0], PadsAfter=[0, 0], Dilations=[1, 1]}, Groups=1, Layout=ChannelsFirst} 'conv\'1' : f32[1,4,3,3]
              %1 = Add(%0, f32[]{0.1}) : f32[1,4,3,3]
              %2 = Relu(%1) : f32[1,4,3,3]
              return y = %2, `the bias` = f32[]{0.1}
            }

            """.Replace("DIGEST", GraphText.LargeConstants(Example()).Keys.Single()),
            text);
    }

    [Fact]
    public void ReadsWhatItPrints()
    {
        var graph = Example();
        string text = GraphText.Print(graph);

        var parsed = GraphText.Parse(text, GraphText.LargeConstants(graph));

        GraphVerifier.Verify(parsed);
        Assert.Equal(text, GraphText.Print(parsed));
        Assert.Equal(graph.Nodes.Select(n => n.Op), parsed.Nodes.Select(n => n.Op));
        Assert.Equal(graph.Nodes.Select(n => n.Name).Where((_, i) => graph.Nodes[i].Op is not (Input or Constant)), parsed.Nodes.Where(n => n.Op is not (Input or Constant)).Select(n => n.Name));
    }

    [Theory]
    [InlineData("f64[4]{1E-300, nan, inf, -0}")]
    [InlineData("u64[1]{18446744073709551615}")]
    [InlineData("i8[2]{-128, 127}")]
    [InlineData("bf16[2]{1, -inf}")]
    [InlineData("bool[2]{1, 0}")]
    [InlineData("f32[2,0]{}")]
    public void KeepsInlineConstantsExactly(string constant)
    {
        string text = $"graph c() {{\n  return y = {constant}\n}}\n";

        Assert.Equal(text, GraphText.Print(GraphText.Parse(text)));
    }

    [Theory]
    [InlineData("graph g(x: f32[2]) {\n  %0 = Nothing(x) : f32[2]\n  return y = %0\n}", "line 2, column 15: there is no op 'Nothing'")]
    [InlineData("graph g(x: f32[2]) {\n  %0 = Relu(x) : f32[3]\n  return y = %0\n}", "%0 is f32[2] and the text says f32[3]")]
    [InlineData("graph g(x: f32[2]) {\n  return y = %0\n}", "'%0' is not defined")]
    [InlineData("graph g(x: f32[2], x: f32[3]) {\n  return y = x\n}", "'input x' is defined twice")]
    [InlineData("graph g() {\n  $0: f32[99] = sha:0011\n  return y = $0\n}", "is not in the table of constants")]
    [InlineData("graph g(x: f32[2]) {\n  %0 = MatMul(x, x) {TransposeA=true} : f32[3]\n  return y = %0\n}", "attribute 'TransposeB' is missing")]
    [InlineData("graph g(x: f32[", "an extent is expected")]
    public void SaysWhereTextIsWrong(string text, string message)
    {
        var error = Assert.Throws<ModelException>(() => GraphText.Parse(text));

        Assert.Contains(message, error.Message);
    }

    private static Graph Example()
    {
        var b = new GraphBuilder { Origin = "conv'1" };
        var image = b.Input("image", new(DType.Float32, [1, 2, 5, 5]));
        var unused = b.Input("a,b", new(DType.Float32, [Dim.Named("n"), 3]));
        var weights = Tensor.Zeros(DType.Float32, [4, 2, 3, 3]);
        weights.SetDouble(7, 0.25);
        var conv = b.Add(new Conv(Window.Of(3, 3), 1, Layout.ChannelsFirst), image, b.Constant(weights));
        b.Origin = "";
        var bias = b.Scalar(0.1, DType.Float32);
        var relu = b.Add(new Relu(), b.Add(new Add(), conv, bias));
        return new Graph("a net", [image, unused], [new("y", relu), new("the bias", bias)]);
    }
}
