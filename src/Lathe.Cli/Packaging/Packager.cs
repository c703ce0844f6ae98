using Lathe.Cli.Inspection;
using Lathe.Compilation;
using Lathe.Compilation.Bundles;
using Lathe.Compilation.Diagnostics;
using Lathe.Compilation.Scheduling;
using Lathe.Formats;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Targets.Llvm;
using Lathe.Tensors;

namespace Lathe.Cli.Packaging;

/// <summary>Compiles a model and writes the bundle and what was asked for beside it.</summary>
internal static class Packager
{
    public static PackageReport Make(PackageRequest request, Terminal terminal)
    {
        if (!LlvmLibrary.IsAvailable)
        {
            throw new UnsupportedException("LATHE7020", $"no bundle can be made without LLVM: {LlvmLibrary.Problem}",
                next: "install it (apt-get install libllvm19 lld-19), or set LATHE_LLVM to the library's file; 'lathe run' works without it");
        }
        if (request.Options.Target is not Target.Llvm { Code: var target })
        {
            throw new UnsupportedException("LATHE7020", "code of the managed target lives in memory only, so that no bundle can be made of it",
                next: "compile for the llvm target (--target native), or run the model itself");
        }
        CheckWritable(request.Bundle);
        if (Lathe.Runtime.Bundle.IsBundle(request.Model))
            throw new ModelException("LATHE7022", $"'{request.Model}' is a bundle already", $"run it: lathe run {request.Model}");
        terminal.Progress($"reading {request.Model}");
        var sourceHash = Task.Run(() => ModelLoader.SourceHash(request.Model));
        var info = ModelReader.Describe(request.Model, request.Import);
        var graph = OpenExtents.Explain(info, request.Import.InputShapes, () => ModelReader.Import(request.Model, request.Import));
        var notes = OpenExtents.Notes(info, graph, request.Import.InputShapes).ToList();

        var log = PassLog.FromEnvironment();
        var compiler = new Compiler(request.Options, log);
        terminal.Progress("optimizing");
        var optimized = compiler.Optimize(graph);
        var program = compiler.Lower(optimized);
        terminal.Progress($"generating code for {Quantity(program)}");
        var objects = log.Time("GenerateCode", () => LlvmCompiler.Compile(program.Program, target));
        terminal.Progress("linking");
        byte[] code = log.Time("Link", () => Linker.Link(objects, target));
        string codeFile = Linker.FileName(target);
        terminal.Progress($"writing {request.Bundle}");
        log.Time("WriteBundle", () =>
        {
            BundleWriter.Write(request.Bundle, program, code, codeFile, target.ToString(), sourceHash.GetAwaiter().GetResult(), request.Options.ThreadsToUse);
            return true;
        });
        var passes = log.Entries.Select(e => new PassTime(e.Name, e.Time.TotalMilliseconds, e.Changed)).ToList();
        var files = WriteBeside(request, optimized, program, target);
        terminal.EndProgress();
        return new(
            request.Model, request.Bundle, target.ToString(), 0, codeFile, code.Length, program.Program.ParameterBytes, program.Program.ArenaBytes,
            program.Program.Kernels.Count(), program.Program.Steps.Count,
            request.Options.Choices is null ? null : program.TunedSteps,
            optimized.Nodes.Count(n => n.Op is Transpose), passes, files, notes);
    }

    private static List<string> WriteBeside(PackageRequest request, Graph optimized, LoweredProgram program, LlvmTarget target)
    {
        var files = new List<string>();
        foreach (string form in request.Dumps)
            Write($"{request.Bundle}.{form}", CodeDump.Text(form, optimized, program, target));
        if (request.Header)
            Write($"{request.Bundle}.h", CHeader.Text);
        return files;

        void Write(string file, string text)
        {
            AtomicFile.WriteAllText(file, text);
            files.Add(file);
        }
    }

    private static string Quantity(LoweredProgram program) => Printing.Quantity.Of(program.Program.Kernels.Count(), "kernel");

    /// <summary>Says before the work, and not after it, that its result has no place.</summary>
    private static void CheckWritable(string path)
    {
        if (string.IsNullOrWhiteSpace(path))
            throw new UsageException("LATHE7023", "--output is empty", "name the bundle to write, such as model.tar");
        AtomicFile.Check(path);
    }
}
