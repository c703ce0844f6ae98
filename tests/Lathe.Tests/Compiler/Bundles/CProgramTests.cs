using System.Diagnostics;
using System.Formats.Tar;
using Lathe.Runtime;
using Lathe.Targets.Llvm;
using Lathe.Tensors;
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
        TarFile.ExtractToDirectory(_folder["sample.tar"], _folder.Path, overwriteFiles: true);
        File.WriteAllText(_folder["lathe.h"], CHeader.Text);
        File.WriteAllText(_folder["run.c"], ExampleOfTheDocs());
        Execute(compiler, "-O2", "-Wall", "-Wextra", "-Werror", "-I.", "-o", "run", "run.c", "mod.so", "-Wl,-rpath,$ORIGIN", "-pthread");

        using var bundle = Bundle.Open(_folder["sample.tar"]);
        var inputs = SampleModel.Inputs();
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

        var outputs = bundle.Info.Outputs.ToDictionary(o => o.Name, o => new Tensor(o.Element, o.TensorShape, File.ReadAllBytes(_folder[$"{o.Name}.bin"])));
        SampleModel.AssertExpected(outputs, inputs);
        if (emulator.Length > 0 || target != "native")
            return;
        // The same code on the same machine: equal to the last bit.
        using var model = bundle.Load();
        using var session = new Session(model, 2);
        foreach (var (name, tensor) in session.Run(inputs))
            Assert.True(tensor.ContentEquals(outputs[name]), name);
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
