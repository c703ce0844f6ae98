using Lathe.Compilation.Scheduling;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation;

/// <summary>The passes over kernels, before a target gets them.</summary>
internal static class LoopPipeline
{
    public static LoweredProgram Simplify(LoweredProgram program)
    {
        var simplified = program.Program.Kernels.ToDictionary(k => k.Name, k => k);
        foreach (var kernel in simplified.Values)
            KernelVerifier.Verify(kernel);
        return program with
        {
            Program = program.Program with
            {
                Steps = program.Program.Steps.Select(s => s with { Kernel = simplified[s.Kernel.Name] }).ToEquatableArray(),
            },
        };
    }
}
