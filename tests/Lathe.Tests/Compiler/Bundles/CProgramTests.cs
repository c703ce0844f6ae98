using System.Diagnostics;
using System.Formats.Tar;
using Lathe.Graphs.Evaluation;
using Lathe.Runtime;
using Lathe.Targets.Llvm;
using Lathe.Tensors;
using Lathe.Tests.Compilation.Kernels;
using Lathe.Tests.Runtime;
using Lathe.Tests.Tensors;

namespace Lathe.Tests.Compilation.Bundles;

/// <summary>Compiles the C program of docs/bundle.md and runs bundles with it, without .NET.</summary>
public sealed class CProgramTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [ToolFact("cc")]
    public void RunsABundleOnThisMachine() => RunsABundle("native", "cc");

    [ToolFact("cc")]
    public void RunsABundleForAnyProcessorOfThisKind() => RunsABundle("llvm -mcpu=generic", "cc");

    [ToolFact("aarch64-linux-gnu-gcc", "qemu-aarch64-static")]
    public void RunsABundleForAArch64UnderAnEmulator() =>
        RunsABundle("llvm -mtriple=aarch64-linux-gnu", "aarch64-linux-gnu-gcc", "qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu");

    [ToolFact("aarch64-linux-gnu-gcc", "qemu-aarch64-static")]
    public void RunsQuantizedNetworksForAArch64WithProductsOfBytes() => RunsQuantizedNetworks("neoverse-n1", "max");

    [ToolFact("aarch64-linux-gnu-gcc", "qemu-aarch64-static")]
    public void RunsQuantizedNetworksForAArch64WithoutProductsOfBytes() => RunsQuantizedNetworks("cortex-a53", "cortex-a53");

    private void RunsQuantizedNetworks(string cpu, string emulated)
    {
        int[] seeds = [.. Enumerable.Range(400, 20)];
        var graph = IntegerWorkloads.Model(seeds);
        var inputs = IntegerWorkloads.Inputs(graph, seeds[0]);
        SampleModel.WriteBundle(_folder["sample.tar"], graph, $"llvm -mtriple=aarch64-linux-gnu -mcpu={cpu}");

        var outputs = RunProgram(inputs, "aarch64-linux-gnu-gcc", ["qemu-aarch64-static", "-cpu", emulated, "-L", "/usr/aarch64-linux-gnu"]);

        Compiled.AssertClose(new GraphEvaluator().Run(graph, inputs), outputs, rtol: 0, atol: 0);
    }

    [ToolFact("cc")]
    public void HeaderIsStrictCAndCpp()
    {
        File.WriteAllText(_folder["lathe.h"], CHeader.Text);
        File.WriteAllText(_folder["use.c"], "#include \"lathe.h\"\nint main(void) { lathe_context c = {0}; return c.pool != 0; }\n");
        Execute("cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-c", "-o", "use.o", "use.c");
    }

    private void RunsABundle(string target, string compiler, params string[] emulator)
    {
        SampleModel.WriteBundle(_folder["sample.tar"], target);
        var inputs = SampleModel.Inputs();
        var outputs = RunProgram(inputs, compiler, emulator);
        SampleModel.AssertExpected(outputs, inputs);
        if (emulator.Length > 0 || target != "native")
            return;
        // The same code on the same machine: equal to the last bit.
        using var bundle = Bundle.Open(_folder["sample.tar"]);
        using var model = bundle.Load();
        using var session = new Session(model, 2);
        foreach (var (name, tensor) in session.Run(inputs))
            Assert.True(tensor.ContentEquals(outputs[name]), name);
    }

    /// <summary>Runs the bundle in the folder by the C program of the docs.</summary>
    private Dictionary<string, Tensor> RunProgram(Dictionary<string, Tensor> inputs, string compiler, string[] emulator)
    {
        TarFile.ExtractToDirectory(_folder["sample.tar"], _folder.Path, overwriteFiles: true);
        File.WriteAllText(_folder["lathe.h"], CHeader.Text);
        File.WriteAllText(_folder["run.c"], ExampleOfTheDocs());
        Execute(compiler, "-O2", "-Wall", "-Wextra", "-Werror", "-I.", "-o", "run", "run.c", "mod.so", "-Wl,-rpath,$ORIGIN", "-pthread");

        using var bundle = Bundle.Open(_folder["sample.tar"]);
        List<string> arguments = [.. emulator, "./run", "mod.params"];
        foreach (var input in bundle.Info.Inputs)
        {
            File.WriteAllBytes(_folder[$"{input.Name}.bin"], inputs[input.Name].Bytes.ToArray());
            arguments.Add($"{input.Name}.bin");
        }
        arguments.Add("--");
        foreach (var output in bundle.Info.Outputs)
            arguments.AddRange([$"{output.Name}.bin", $"{Tensor.ByteCount(output.Element, output.TensorShape)}"]);
        Execute(arguments[0], [.. arguments.Skip(1)]);

        return bundle.Info.Outputs.ToDictionary(o => o.Name, o => new Tensor(o.Element, o.TensorShape, File.ReadAllBytes(_folder[$"{o.Name}.bin"])));
    }

    private static string ExampleOfTheDocs()
    {
        string text = File.ReadAllText(TestFiles.InSource("../../../docs/bundle.md"));
        const string Begin = "```c\n", End = "\n```";
        int begin = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        return text[begin..(text.IndexOf(End, begin, StringComparison.Ordinal) + 1)];
    }

    private void Execute(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file == "./run" ? _folder["run"] : file, arguments)
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{file} {string.Join(' ', arguments)}: {errors}{output.Result}");
    }
}
