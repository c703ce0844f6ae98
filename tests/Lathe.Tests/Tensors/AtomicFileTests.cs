using Lathe.Tensors;

namespace Lathe.Tests.Tensors;

public sealed class AtomicFileTests
{
    [Fact]
    public void ReplacesTheFileWhole()
    {
        using var folder = new TemporaryFolder();
        AtomicFile.WriteAllText(folder["a.txt"], "long old text");
        AtomicFile.WriteAllText(folder["a.txt"], "new é");
        Assert.Equal("new é"u8.ToArray(), InputFile.ReadAllBytes(folder["a.txt"]));
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void AFailureLeavesNoTrace()
    {
        using var folder = new TemporaryFolder();
        AtomicFile.WriteAllText(folder["a.txt"], "old");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(folder["a.txt"], file =>
        {
            file.Write("half"u8);
            throw new InvalidOperationException();
        }));
        Assert.Equal("old", File.ReadAllText(folder["a.txt"]));
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void ReportsWhatCannotBeWritten()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<ModelException>(() => AtomicFile.WriteAllText(folder.Path, "a folder"));
        Assert.Throws<ModelException>(() => AtomicFile.WriteAllText(folder["none/a.txt"], "no such folder"));
        Assert.Throws<ModelException>(() => AtomicFile.WriteAllText("", "no name"));
    }

    [Fact]
    public void ChecksWithoutWriting()
    {
        using var folder = new TemporaryFolder();
        AtomicFile.WriteAllText(folder["a.txt"], "old");
        AtomicFile.Check(folder["a.txt"]);
        AtomicFile.Check(folder["new.txt"]);
        Assert.Equal("old", File.ReadAllText(folder["a.txt"]));
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
        Assert.Contains("it is a folder", Assert.Throws<ModelException>(() => AtomicFile.Check(folder.Path)).Message);
        Assert.Contains("there is no folder", Assert.Throws<ModelException>(() => AtomicFile.Check(folder["none/a.txt"])).Message);
    }

    [Fact]
    public void WritesIntoDevicesAndNotOverThem()
    {
        if (!File.Exists("/dev/null"))
            return;
        AtomicFile.WriteAllText("/dev/null", "gone");
        Assert.Empty(File.ReadAllBytes("/dev/null"));
    }
}
