using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Loops;
using Lathe.Targets.Llvm;

namespace Lathe.Cli.Packaging;

/// <summary>The stages of a compilation as text.</summary>
internal static class CodeDump
{
    /// <summary>LLVM IR after its optimizer, assembly, the loop language, and the graph that kernels were made of.</summary>
    public static IReadOnlyList<string> Forms { get; } = ["ll", "asm", "loops", "graph"];

    public static string[] Split(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public static string Text(string form, Graph optimized, LoweredProgram program, LlvmTarget target) => form switch
    {
        "graph" => GraphText.Print(optimized),
        "loops" => string.Join('\n', program.Program.Kernels.Select(LoopText.Print)),
        "ll" => LlvmCompiler.PrintIr(program.Program, target, optimized: true),
        "asm" => LlvmCompiler.PrintAssembly(program.Program, target),
        _ => throw new InternalException("LATHE7021", $"there is no form of code '{form}'"),
    };
}
