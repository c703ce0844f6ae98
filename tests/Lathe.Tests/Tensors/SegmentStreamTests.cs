using Lathe.Tensors;

namespace Lathe.Tests.Tensors;

public sealed class SegmentStreamTests
{
    private static readonly byte[] All = [1, 2, 3, 4, 5, 6, 7];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(100)]
    public void BytesFollowOneAnother(int size)
    {
        using var stream = Segments();
        using var copy = new MemoryStream();
        stream.CopyTo(copy, size);
        Assert.Equal(All, copy.ToArray());
        Assert.Equal((7, 7, 0), (stream.Length, stream.Position, stream.Read(new byte[1])));
    }

    [Fact]
    public void ReadingGoesOnFromAnyPosition()
    {
        using var stream = Segments();
        for (int from = 0; from <= All.Length; from++)
        {
            stream.Position = from;
            byte[] rest = new byte[All.Length - from];
            stream.ReadExactly(rest);
            Assert.Equal(All[from..], rest);
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Position = 8);
    }

    private static SegmentStream Segments() => new([All.AsMemory(0, 3), Array.Empty<byte>(), All.AsMemory(3, 1), All.AsMemory(4)]);
}
