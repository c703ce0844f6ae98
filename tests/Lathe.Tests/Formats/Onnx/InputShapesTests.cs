using Lathe.Formats;

namespace Lathe.Tests.Formats.Onnx;

public class InputShapesTests
{
    [Theory]
    [InlineData("data:[1,3,224,224]", "data=[1,3,224,224]")]
    [InlineData("a:[1, 2] b:[3]", "a=[1,2] b=[3]")]
    [InlineData("a:[1],b:[2];c:[]", "a=[1] b=[2] c=[]")]
    [InlineData("input:0:[4,?]", "input:0=[4,?]")]
    [InlineData("x:[n,-1]", "x=[n,-1]")]
    [InlineData("", "")]
    public void ReadsTheNotation(string text, string shapes) =>
        Assert.Equal(shapes, string.Join(' ', InputShapes.Parse(text).Select(s => $"{s.Key}={s.Value}")));

    [Theory]
    [InlineData("data")]
    [InlineData("[1,2]")]
    [InlineData("data:[1,2")]
    [InlineData("data:[-3]")]
    [InlineData("data:[1] rest")]
    [InlineData("data:[1] data:[2]")]
    public void RefusesWhatItCannotRead(string text) => Assert.Throws<ModelException>(() => InputShapes.Parse(text));
}
