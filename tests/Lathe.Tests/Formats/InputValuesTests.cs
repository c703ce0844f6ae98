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

    [Theory]
    [InlineData("sr", "at 'sr'")]
    [InlineData("sr:", "at 'sr:'")]
    [InlineData("a:1 sr:x", "at 'sr:x'")]
    [InlineData("a:[1,2", "at 'a:[1,2'")]
    [InlineData("a:1 a:2", "given two values")]
    public void ShowsWhatItCannotRead(string text, string message) =>
        Assert.Contains(message, Assert.Throws<ModelException>(() => InputValues.Parse(text)).Message);
}
