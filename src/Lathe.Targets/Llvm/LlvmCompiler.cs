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
    /// Kernels must hold no intrinsics but Fma. What <paramref name="known"/> holds is not compiled again.
    /// </summary>
    public static IReadOnlyList<byte[]> Compile(Program program, LlvmTarget target, int threads = 0, ObjectCache? known = null)
    {
        byte[] Object(string text) => Emit(text, target, module => module.EmitObject());
        return Map(program, target, threads, text => known is null ? Object(text) : known.GetOrAdd(text, () => Object(text)));
    }

    /// <summary>The machine code as text, for people.</summary>
    public static string PrintAssembly(Program program, LlvmTarget target, int threads = 0) =>
        Join(program, target, "#", Map(program, target, threads, text => Emit(text, target, module => module.EmitAssembly())));

    /// <summary>LLVM IR as it is handed to LLVM, or as LLVM leaves it.</summary>
    public static string PrintIr(Program program, LlvmTarget target, bool optimized = false) =>
        Join(program, target, ";", optimized
            ? Map(program, target, 0, text => Emit(text, target, module => module.Print()))
            : [.. ProgramPrinter.Modules(program, target).Select(m => m.Print())]);

    private static T[] Map<T>(Program program, LlvmTarget target, int threads, Func<string, T> emit) =>
        InParallel.Map(ProgramPrinter.Modules(program, target), m => emit(m.Print()), m => m.Weight, threads);

    private static T Emit<T>(string text, LlvmTarget target, Func<LlvmModule, T> emit)
    {
        using var module = new LlvmModule(text, target.Triple, target.Cpu, target.Features);
        module.Optimize(target.OptLevel);
        return emit(module);
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
