using Lathe.Samples.Mnist;

namespace Lathe.Tests.Samples;

public class IdxFileTests
{
    private static readonly byte[] s_twoByThree = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6];

    [Fact]
    public void ReadsTheElementsAfterTheExtents() => Assert.Equal([1, 2, 3, 4, 5, 6], IdxFile.Parse(s_twoByThree, "f", -1, 3));

    [Fact]
    public void RefusesAnExtentThatWasNotExpected() =>
        Assert.Throws<InvalidDataException>(() => IdxFile.Parse(s_twoByThree, "f", -1, 4));

    [Fact]
    public void RefusesAnotherRank() => Assert.Throws<InvalidDataException>(() => IdxFile.Parse(s_twoByThree, "f", -1));

    [Theory]
    [InlineData(new byte[] { 0, 0, 9, 1, 0, 0, 0, 1, 7 })]
    [InlineData(new byte[] { 0, 0, 8, 1, 255, 255, 255, 255, 7 })]
    [InlineData(new byte[] { 0, 0, 8, 1, 127, 255, 255, 255, 7 })]
    public void RefusesAnotherTypeAndExtentsThatTheFileDoesNotHave(byte[] file) =>
        Assert.Throws<InvalidDataException>(() => IdxFile.Parse(file, "f", -1));

    [Fact]
    public void RefusesEveryTruncation()
    {
        for (int length = 0; length < s_twoByThree.Length; length++)
            Assert.Throws<InvalidDataException>(() => IdxFile.Parse(s_twoByThree.AsSpan(0, length), "f", -1, -1));
    }
}
