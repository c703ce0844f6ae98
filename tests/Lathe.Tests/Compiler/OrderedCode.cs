using Lathe.Loops.Managed;
using Lathe.Runtime;

namespace Lathe.Tests.Compilation;

/// <summary>Managed code whose parallel loops run on the calling thread, task by task in their order or backwards.</summary>
internal sealed class OrderedCode(ManagedProgram program, bool backwards) : ModelCode
{
    public override unsafe void Run(nint* inputs, nint* outputs, nint parameters, nint arena, WorkerPool pool, int firstStep, int lastStep) => program.Run(
        new ReadOnlySpan<nint>(inputs, program.Program.Inputs.Count), new ReadOnlySpan<nint>(outputs, program.Program.Outputs.Count),
        parameters, arena, new Loops(backwards), firstStep, lastStep);

    private sealed class Loops(bool backwards) : IParallelFor
    {
        public void Run(Action<long> body, long count)
        {
            for (long i = 0; i < count; i++)
                body(backwards ? count - 1 - i : i);
        }
    }
}
