using Lathe.Compilation.Scheduling;
using Lathe.Loops;

namespace Lathe.Tests.Compilation.Scheduling;

public class KernelDraftTests
{
    [Theory]
    [InlineData(1000, 1, long.MaxValue, LoopKind.Serial, 1000)]
    [InlineData(1000, 2, long.MaxValue, LoopKind.Parallel, 32)]
    [InlineData(20, 2, long.MaxValue, LoopKind.Parallel, 20)]
    [InlineData(1000, 2, 100_000, LoopKind.Parallel, 8)]
    [InlineData(1000, 2, 12 * KernelDraft.LeastTaskWork, LoopKind.Parallel, 12)]
    public void Loops_are_cut_into_tasks_that_are_many_and_not_too_small(long count, int threads, long work, LoopKind kind, long tasks)
    {
        var loop = Assert.IsType<For>(new KernelDraft().ParallelLoop(count, threads, _ => Stmt.Sequence(), work));
        Assert.Equal(kind, loop.Kind);
        Assert.Equal(tasks, Assert.IsType<IntConst>(loop.End).Value);
    }
}
