using Lathe.Compilation;
using Lathe.Targets;
using Lathe.Targets.Llvm;
using Lathe.Tests.Targets.Llvm;

namespace Lathe.Tests.Targets;

public class CacheSizesTests
{
    [Fact]
    public void Files_of_the_system_are_read()
    {
        using var folder = new CacheFolder();
        folder.Add(0, 1, "Data", "48K", 12, "00000000,00000003");
        folder.Add(1, 1, "Instruction", "32K", 8, "00000000,00000003");
        folder.Add(2, 2, "Unified", "4096K", 16, "00000000,000000ff");
        folder.Add(3, 3, "Unified", "36M", 12, "ffffffff,ffffffff");
        // Two threads a core, and four cores share the second level.
        Assert.Equal(new CacheSizes(48 << 10, 12, 64, 1 << 20, 36 << 20), HostCaches.FromFiles(folder.Path));
    }

    [Fact]
    public void What_the_system_does_not_say_is_zero()
    {
        using var folder = new CacheFolder();
        Assert.Equal(new CacheSizes(0, 0, 0, 0, 0), HostCaches.FromFiles(folder.Path));
        folder.Add(0, 1, "Data", "garbage", -1, "");
        Assert.Equal(0, HostCaches.FromFiles(folder.Path).L1Bytes);
        Assert.Equal(0, HostCaches.FromFiles(Path.Combine(folder.Path, "nowhere")).L2Bytes);
    }

    [Fact]
    public void Defaults_fill_gaps()
    {
        var zen = CacheSizes.OfCpu("znver4");
        Assert.Equal(zen, new CacheSizes(0, 0, 0, 0, 0).OrElse(zen));
        Assert.Equal(zen with { L1Bytes = 1 << 16, L3Bytes = 0, L2Bytes = 1 << 18 }, new CacheSizes(1 << 16, 0, 0, 1 << 18, 0).OrElse(zen));
    }

    [LlvmTheory]
    [InlineData("llvm -mtriple=aarch64-unknown-linux-gnu -mcpu=neoverse-n1", 64 << 10, 4, 1 << 20)]
    [InlineData("llvm -mtriple=arm64-apple-macosx -mcpu=apple-m1", 128 << 10, 8, 3 << 20)]
    public void Facts_of_another_machine_come_from_its_name(string target, long l1, int ways, long l2)
    {
        var facts = new Target.Llvm(LlvmTarget.Parse(target)).Machine(1);
        Assert.Equal((l1, ways, l2), (facts.L1Bytes, facts.L1Ways, facts.L2Bytes));
    }

    private sealed class CacheFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("lathe-caches").FullName;

        public void Add(int index, int level, string type, string size, int ways, string map)
        {
            string folder = Directory.CreateDirectory(System.IO.Path.Combine(Path, $"index{index}")).FullName;
            void Write(string name, object value) => File.WriteAllText(System.IO.Path.Combine(folder, name), $"{value}\n");
            Write("level", level);
            Write("type", type);
            Write("size", size);
            Write("ways_of_associativity", ways);
            Write("coherency_line_size", 64);
            Write("shared_cpu_map", map);
        }

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
