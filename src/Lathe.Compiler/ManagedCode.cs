using Lathe.Loops.Managed;
using Lathe.Runtime;

namespace Lathe.Compilation;

/// <summary>Code of the managed target, for the runtime.</summary>
public sealed class ManagedCode(ManagedProgram program) : ModelCode
{
    private PoolLoops? _loops;

    public override unsafe void Run(nint* inputs, nint* outputs, nint parameters, nint arena, WorkerPool pool, int firstStep, int lastStep)
    {
        var loops = _loops;
        if (loops?.Pool != pool)
            _loops = loops = new PoolLoops(pool);
        program.Run(
            new ReadOnlySpan<nint>(inputs, program.Program.Inputs.Count), new ReadOnlySpan<nint>(outputs, program.Program.Outputs.Count),
            parameters, arena, pool.Threads > 1 ? loops : null, firstStep, lastStep);
    }

    private sealed class PoolLoops(WorkerPool pool) : IParallelFor
    {
        public WorkerPool Pool => pool;

        public void Run(Action<long> body, long count) => pool.Run(count, body);
    }
}
