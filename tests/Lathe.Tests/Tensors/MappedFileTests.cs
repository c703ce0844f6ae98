using Lathe.Tensors;

namespace Lathe.Tests.Tensors;

public sealed class MappedFileTests
{
    [Fact]
    public void GivesTheBytesOfTheFile()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["a"], [1, 2, 3, 4, 5]);
        using var mapped = MappedFile.Open(folder["a"]);
        Assert.Equal(5, mapped.Length);
        Assert.Equal([2, 3], mapped.Span(1, 2).ToArray());
        Assert.Equal(0, mapped.Memory(5, 0).Length);
        Assert.Throws<ModelException>(() => mapped.Memory(4, 2));
        Assert.Throws<ModelException>(() => mapped.Memory(-1, 1));
        Assert.Throws<ModelException>(() => mapped.Memory(long.MaxValue, 2));
    }

    [Fact]
    public void WritesNeverReachTheFile()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["a"], [1, 2, 3]);
        using var mapped = MappedFile.Open(folder["a"]);
        var memory = mapped.Memory(0, 3);
        memory.Span[0] = 9;
        Assert.Equal([9, 2, 3], mapped.Span(0, 3).ToArray());
        Assert.Equal([1, 2, 3], File.ReadAllBytes(folder["a"]));
    }

    [Fact]
    public void MapsFilesThatMayOnlyBeReadAndEmptyOnes()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["a"], [1]);
        File.SetAttributes(folder["a"], FileAttributes.ReadOnly);
        using (var mapped = MappedFile.Open(folder["a"]))
            Assert.Equal([1], mapped.Span(0, 1).ToArray());
        File.SetAttributes(folder["a"], FileAttributes.Normal);
        File.WriteAllBytes(folder["empty"], []);
        using var empty = MappedFile.Open(folder["empty"]);
        Assert.Equal(0, empty.Length);
    }

    [Fact]
    public void MemoryEndsWithTheMapping()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["a"], [1, 2, 3]);
        var mapped = MappedFile.Open(folder["a"]);
        var memory = mapped.Memory(0, 3);
        mapped.Dispose();
        mapped.Dispose();
        Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
        Assert.Throws<ModelException>(() => MappedFile.Open(folder["none"]));
    }
}
