using System.Text;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Targets.Llvm;

/// <summary>Compiles programs of the loop language to machine code.</summary>
public static class LlvmCompiler
{
    /// <summary>
    /// Object files that make up the program when linked. They define what <see cref="CHeader"/> declares and need nothing
    /// but memcpy and memset. Compiles on as many threads as <paramref name="threads"/> says, 0 for one a processor.
    /// Kernels must hold no intrinsics but Fma.
    /// </summary>
    public static IReadOnlyList<byte[]> Compile(Program program, LlvmTarget target, int threads = 0) =>
        Emit(program, target, threads, module => module.EmitObject());

    /// <summary>The machine code as text, for people.</summary>
    public static string PrintAssembly(Program program, LlvmTarget target, int threads = 0) =>
        Join(program, target, "#", Emit(program, target, threads, module => module.EmitAssembly()));

    /// <summary>LLVM IR as it is handed to LLVM, or as LLVM leaves it.</summary>
    public static string PrintIr(Program program, LlvmTarget target, bool optimized = false) =>
        Join(program, target, ";", optimized
            ? Emit(program, target, 0, module => module.Print())
            : [.. ProgramPrinter.Modules(program, target).Select(m => m.Print())]);

    private static T[] Emit<T>(Program program, LlvmTarget target, int threads, Func<LlvmModule, T> emit)
    {
        var modules = ProgramPrinter.Modules(program, target);
        return InParallel.Map(
            modules,
            m =>
            {
                using var module = new LlvmModule(m.Print(), target.Triple, target.Cpu, target.Features);
                module.Optimize(target.OptLevel);
                return emit(module);
            },
            m => m.Weight,
            threads);
    }

    private static string Join(Program program, LlvmTarget target, string comment, IReadOnlyList<string> texts)
    {
        var all = new StringBuilder();
        var modules = ProgramPrinter.Modules(program, target);
        for (int i = 0; i < texts.Count; i++)
            all.Append($"{comment} module {modules[i].Name} of {program.Name}\n").Append(texts[i]).Append('\n');
        return all.ToString();
    }
}
