using Lathe.Formats.Keras.Reading.Hdf5;
using Lathe.Tensors;

namespace Lathe.Tests.Formats.Keras;

public class Hdf5FileTests
{
    private static readonly Tensor Matrix = Tensor.Of(Shape.Of(5, 7), [.. Enumerable.Range(0, 35).Select(i => i * 0.5f)]);

    [Fact]
    public void ReadsWhatWasWritten()
    {
        var writer = new Hdf5Writer().Attribute("text", new string('x', 100_000)).Attribute("names", ["a", "longer", ""]).Attribute("none", []).Dataset("deep/er/plain", Matrix);
        for (int i = 0; i < 30; i++)
            writer.Dataset($"many/{i}", Tensor.Scalar(i));

        var root = Open(writer.ToBytes());

        Assert.Equal(100_000, root.Attributes.Text("text")!.Length);
        Assert.Equal(["a", "longer", ""], root.Attributes.Texts("names")!);
        Assert.Equal([], root.Attributes.Texts("none")!);
        Assert.Null(root.Attributes.Texts("missing"));
        Assert.True(root.TryDataset("deep/er/plain", out var plain));
        Assert.True(plain.Read().ContentEquals(Matrix));
        Assert.True(root.TryGroup("many", out var many));
        Assert.Equal(30, many.Names.Count);
        Assert.All(many.Names, name => Assert.True(many.TryDataset(name, out var number) && number.Read().GetInt64(0) == int.Parse(name)));
        Assert.False(root.TryGroup("deep/er/plain", out _));
    }

    [Theory]
    [InlineData(5, 7)]
    [InlineData(2, 3)]
    [InlineData(1, 7)]
    public void PutsChunksTogether(long rows, long columns)
    {
        var root = Open(new Hdf5Writer().Chunked("x", Matrix, rows, columns).ToBytes());
        Assert.True(root.TryDataset("x", out var chunked));
        Assert.True(chunked.Read().ContentEquals(Matrix));
    }

    [Fact]
    public void DamagedChunksAreErrors()
    {
        byte[] file = new Hdf5Writer().Chunked("x", Matrix, 2, 3).ToBytes();
        var random = new Random(11);
        for (int i = 0; i < 500; i++)
        {
            byte[] damaged = [.. file];
            damaged[random.Next(96, damaged.Length)] ^= (byte)(1 << random.Next(8));
            var error = Record.Exception(() => Open(damaged).TryDataset("x", out var dataset) ? dataset.Read() : null);
            Assert.True(error is null or ModelException or UnsupportedException, $"case {i}: {error}");
        }
    }

    private static Hdf5Group Open(byte[] bytes) => Hdf5File.Open(new FileBytes(bytes, "test.h5"));
}
