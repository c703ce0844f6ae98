using Lathe.Compilation.Scheduling;
using Lathe.Loops;
using Lathe.Loops.Passes;
using Lathe.Tensors;

namespace Lathe.Compilation;

/// <summary>The passes over kernels, before a target gets them. Every kernel is verified before and after.</summary>
internal static class LoopPipeline
{
    public static LoweredProgram Run(LoweredProgram program, Target target)
    {
        var kernels = InParallel.Map(program.Program.Kernels.ToList(), k => Run(k, target)).ToDictionary(k => k.Name);
        var steps = program.Program.Steps.Select(s => s with { Kernel = kernels[s.Kernel.Name] }).ToEquatableArray();
        return program with { Program = program.Program with { Steps = steps } };
    }

    private static Kernel Run(Kernel kernel, Target target)
    {
        KernelVerifier.Verify(kernel);
        var simple = Simplifier.Run(kernel);
        var result = target is Target.Llvm ? ExpandIntrinsics.Run(simple) : simple;
        KernelVerifier.Verify(result);
        return result;
    }
}
