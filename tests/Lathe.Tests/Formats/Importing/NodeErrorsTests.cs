using Lathe.Formats.Importing;
using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Tests.Formats.Importing;

public sealed class NodeErrorsTests
{
    private static readonly NodeErrors Errors = new("node '", "LATHE1", "LATHE2");

    private readonly List<string> _reported = [];

    [Fact]
    public void A_result_comes_through()
    {
        Assert.Equal("y", Import(() => "y"));
        Assert.Empty(_reported);
    }

    [Fact]
    public void What_is_lacking_has_been_reported_where_it_lacks()
    {
        Assert.Null(Import(() => throw new LackingException()));
        Assert.Empty(_reported);
    }

    [Theory]
    [InlineData("the operator is not supported", "node 'b' (Op): the operator is not supported")]
    [InlineData("node 'a' (Op): the operator is not supported", "node 'a' (Op): the operator is not supported")]
    public void What_is_not_supported_is_reported_with_the_node_that_it_is_about(string message, string reported)
    {
        Assert.Null(Import(() => throw new UnsupportedException("LATHE3", message)));
        Assert.Equal([reported], _reported);
    }

    [Theory]
    [InlineData("it has no inputs", "node 'b' (Op): it has no inputs")]
    [InlineData("node 'a' (Op): it has no inputs", "node 'a' (Op): it has no inputs")]
    public void Errors_of_the_model_keep_their_code_and_what_to_do_next(string message, string expected)
    {
        var error = Assert.Throws<ModelException>(() => Import(() => throw new ModelException("LATHE3", message, "look at it")));
        Assert.Equal(("LATHE3", expected, "look at it"), (error.Code, error.Message, error.Next));
    }

    [Fact]
    public void A_number_out_of_range_is_the_models_fault()
    {
        var error = Assert.Throws<ModelException>(() => Import(() => throw new OverflowException()));
        Assert.Equal(("LATHE1", "node 'b' (Op): a number is out of range"), (error.Code, error.Message));
    }

    [Fact]
    public void What_nobody_expected_is_a_bug_that_names_the_node()
    {
        var error = Assert.Throws<InternalException>(() => Import(() => throw new InvalidOperationException("no element")));
        Assert.Equal("LATHE2", error.Code);
        Assert.Contains("node 'b' (Op): InvalidOperationException: no element", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_output_that_cannot_be_made_is_reported_once()
    {
        var value = new GraphBuilder().Constant(Tensor.Scalar(1f));
        Assert.Same(value, NodeErrors.Output("the output 'y'", () => value, _reported.Add));
        Assert.Null(NodeErrors.Output("the output 'y'", () => throw new LackingException(), _reported.Add));
        Assert.Null(NodeErrors.Output("the output 'y'", () => throw new UnsupportedException("LATHE3", "it is text"), _reported.Add));
        Assert.Equal(["the output 'y': it is text"], _reported);
    }

    private string? Import(Func<string> read) => Errors.Import(() => "node 'b' (Op)", read, _reported.Add);
}
