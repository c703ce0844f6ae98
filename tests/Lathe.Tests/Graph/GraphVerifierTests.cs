using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Tests.Graphs;

public class GraphVerifierTests
{
    private readonly GraphBuilder _builder = new();

    private Value Input(string name) => _builder.Input(name, new(DType.Float32, [2]));

    [Fact]
    public void AcceptsAGraph()
    {
        var x = Input("x");

        GraphVerifier.Verify(new("g", [x, Input("unused")], [new("y", _builder.Add(new Relu(), x))]));
    }

    [Fact]
    public void RefusesAnInputThatIsNotDeclared()
    {
        var error = Assert.Throws<InternalException>(() => GraphVerifier.Verify(new("g", [], [new("y", _builder.Add(new Relu(), Input("x")))])));

        Assert.Contains("is used and not declared", error.Message);
    }

    [Fact]
    public void RefusesADeclaredInputThatIsNone() =>
        Assert.Throws<InternalException>(() => GraphVerifier.Verify(new("g", [_builder.Add(new Relu(), Input("x"))], [])));

    [Fact]
    public void RefusesTwoOutputsOfOneName() =>
        Assert.Throws<InternalException>(() => GraphVerifier.Verify(new("g", [Input("x")], [new("y", Input("x")), new("y", Input("x"))])));

    [Fact]
    public void RefusesTypesThatTheOpDoesNotInfer()
    {
        var x = Input("x");
        var wrong = new Node(new Relu(), [x], [new TensorType(DType.Float32, [3])], "relu");

        var error = Assert.Throws<InternalException>(() => GraphVerifier.Verify(new("g", [x], [new("y", wrong.Output)])));

        Assert.Contains("should have the types", error.Message);
    }
}
