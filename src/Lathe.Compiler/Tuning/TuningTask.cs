using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Loops;

namespace Lathe.Compilation.Tuning;

/// <summary>A workload of a model that can be scheduled in more than one way.</summary>
/// <param name="Group">One of the model's groups of this workload; the others' kernels differ in values at most.</param>
/// <param name="Steps">The steps of the model's program that are of this workload.</param>
/// <param name="Space">The schedules that are worth measuring, <paramref name="Default"/> among them.</param>
/// <param name="Flops">Floating-point operations of one step, see <see cref="Work"/>.</param>
internal sealed record TuningTask(Workload Workload, Group Group, IReadOnlyList<int> Steps, IReadOnlyList<Schedule> Space, Schedule Default, long Flops)
{
    public override string ToString() => Workload.Brief;
}
