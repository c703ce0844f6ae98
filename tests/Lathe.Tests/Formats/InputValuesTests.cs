using Lathe.Formats;
using Lathe.Tensors;

namespace Lathe.Tests.Formats;

public class InputValuesTests
{
    [Fact]
    public void ReadsScalarsAndVectors()
    {
        var values = InputValues.Parse("sr:16000 past:false; a:0:[1, 2],x:-0.5 none:[]");

        Assert.Equal(["sr", "past", "a:0", "x", "none"], values.Keys);
        Assert.True(Tensor.Scalar(16000L).ContentEquals(values["sr"]));
        Assert.True(Tensor.Scalar(false).ContentEquals(values["past"]));
        Assert.True(Tensor.Vector<long>(1, 2).ContentEquals(values["a:0"]));
        Assert.True(Tensor.Scalar(-0.5f).ContentEquals(values["x"]));
        Assert.Equal(0, values["none"].Count);
        Assert.Empty(InputValues.Parse(null));
    }

    /// <summary>In an importer that takes the number as a size: the input keeps its axis.</summary>
    [Theory]
    [InlineData("n:3", 1)]
    [InlineData("n:[3]", 1)]
    public void AScalarIsTheOnlyElementOfAnInput(string text, int rank)
    {
        var graph = new TensorFlow.TestGraph().Placeholder("n", DType.Int32, 1).Number("one", 1).Add("Fill", "y", "n one").Import(new() { InputValues = InputValues.Parse(text) });

        Assert.Equal(rank, graph.Inputs[0].Shape.Rank);
        Assert.Equal(Shape.Of(3), graph.Outputs[0].Value.Shape);
        Assert.Equal(Shape.Of(1), InputValues.As(Tensor.Scalar(3L), DType.Int32, Shape.Of(1)).Shape);
    }

    [Theory]
    [InlineData("sr", "at 'sr'")]
    [InlineData("sr:", "at 'sr:'")]
    [InlineData("a:1 sr:x", "at 'sr:x'")]
    [InlineData("a:[1,2", "at 'a:[1,2'")]
    [InlineData("a:1 a:2", "given two values")]
    public void ShowsWhatItCannotRead(string text, string message) =>
        Assert.Contains(message, Assert.Throws<ModelException>(() => InputValues.Parse(text)).Message);
}
