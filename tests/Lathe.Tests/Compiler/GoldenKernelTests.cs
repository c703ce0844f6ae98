using Lathe.Compilation;
using Lathe.Compilation.Scheduling;
using Lathe.Loops;

namespace Lathe.Tests.Compilation;

/// <summary>
/// The kernels of small networks for a processor with vectors of 64 bytes, as text, so that a change of a pass or generator shows what it
/// does to code. LATHE_BLESS=1 rewrites files/loops.
/// </summary>
public class GoldenKernelTests
{
    private static readonly MachineFacts Machine = new(64, 32, 1, 32 << 10, 1 << 20);

    [Theory]
    [InlineData("mnist")]
    [InlineData("residual")]
    [InlineData("mobile")]
    [InlineData("encoder")]
    [InlineData("attention")]
    public void The_kernels_of_a_network_are_as_written(string name)
    {
        var graph = new Compiler(new(Compiled.Managed, 1), new()).Optimize(GoldenModels.Build(name));
        var program = new GraphLowering(Machine).Lower(graph).Program;
        string path = TestFiles.InSource($"loops/{name}.loops");
        string text = string.Join("\n", program.Steps.DistinctBy(s => s.Kernel.Name).Select(s => $"# {s.Name}\n{LoopText.Print(s.Kernel)}"));
        if (Environment.GetEnvironmentVariable("LATHE_BLESS") == "1")
            File.WriteAllText(path, text);

        Assert.Equal(File.ReadAllText(path), text);
    }
}
