using Lathe.Loops;
using Lathe.Runtime;
using Lathe.Tensors;

namespace Lathe.Compilation;

/// <summary>Describes a program to the runtime.</summary>
public static class ProgramInfo
{
    public static ModelInfo Of(Program program, Target target, string sourceHash) => new(
        program.Name,
        Specs(program.Inputs),
        Specs(program.Outputs),
        program.Steps.Select(s => new StepInfo(s.Name, s.Work.Flops, s.Work.DoneFlops, s.Work.Bytes, s.Work.WeightBytes)).ToEquatableArray(),
        program.ArenaBytes,
        program.ParameterBytes,
        target.ToString()!,
        sourceHash)
    {
        Loops = program.Loops.Select(l => new LoopInfo(l.First, l.Body, l.Last, l.Condition)).ToEquatableArray(),
    };

    private static EquatableArray<BufferSpec> Specs(EquatableArray<ProgramBuffer> buffers) =>
        buffers.Select(b => new BufferSpec(b.Name, b.Element, b.Shape)).ToEquatableArray();
}
