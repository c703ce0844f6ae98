using Lathe.Compilation;
using Lathe.Compilation.Scheduling;
using Lathe.Formats.Onnx;
using Lathe.Loops;
using Lathe.Tests.Samples;

namespace Lathe.Tests.Compilation;

/// <summary>
/// The kernels of the MNIST network for a processor with vectors of 64 bytes, as text, so that a change of a pass or generator shows what it
/// does to code. LATHE_BLESS=1 rewrites files/mnist.loops.
/// </summary>
public class GoldenKernelTests
{
    private static readonly MachineFacts Machine = new(64, 32, 1, 32 << 10, 1 << 20);

    [Fact]
    public void The_kernels_of_the_mnist_network_are_as_written()
    {
        var graph = new Compiler(new(Compiled.Managed, 1), new()).Optimize(OnnxImporter.Import(MnistFactAttribute.Model));
        var program = new GraphLowering(Machine).Lower(graph).Program;
        string path = TestFiles.InSource("mnist.loops");
        string text = string.Join("\n", program.Steps.Select(s => $"# {s.Name}\n{LoopText.Print(s.Kernel)}"));
        if (Environment.GetEnvironmentVariable("LATHE_BLESS") == "1")
            File.WriteAllText(path, text);

        Assert.Equal(File.ReadAllText(path), text);
    }
}
