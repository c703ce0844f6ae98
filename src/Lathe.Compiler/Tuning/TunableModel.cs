using Lathe.Compilation.Scheduling;
using Lathe.Graphs;

namespace Lathe.Compilation.Tuning;

/// <summary>A model's groups and the tasks among them.</summary>
internal sealed class TunableModel
{
    /// <summary>Of larger spaces, so many schedules are considered.</summary>
    private const int LargestSpace = 1 << 14;

    /// <param name="graph">As <see cref="Compiler.Optimize"/> leaves it.</param>
    public TunableModel(Graph graph, CompileOptions options)
    {
        Machine = options.Target.Machine(options.ThreadsToUse);
        var grouped = GroupedGraph.Of(graph, Machine, options.Exact);
        (Groups, Materialized, Generators) = grouped;
        Tasks =
        [
            .. grouped.Order.Steps.Index().Where(s => s.Item is GraphStep.Compute).Select(s => (((GraphStep.Compute)s.Item).Group, Step: s.Index))
                .Select(s => (s.Group, s.Step, Workload: Workload.Of(s.Group, Materialized)))
                .GroupBy(g => g.Workload.Hash)
                .Select(g => TaskOf(g.First().Workload, g.First().Group, [.. g.Select(x => x.Step)]))
                .Where(t => t.Space.Count > 1),
        ];
    }

    public MachineFacts Machine { get; }

    /// <summary>A step of the program each, in order; loops have steps between them.</summary>
    public IReadOnlyList<Group> Groups { get; }

    public IReadOnlySet<Value> Materialized { get; }

    public Generators Generators { get; }

    public IReadOnlyList<TuningTask> Tasks { get; }

    /// <summary>The task's kernel as it is in the model.</summary>
    public LoweredKernel Lower(TuningTask task, Schedule schedule) => Generators.Lower(task.Group, schedule);

    private TuningTask TaskOf(Workload workload, Group group, IReadOnlyList<int> steps)
    {
        var standard = Generators.Default(group);
        var space = Generators.Space(group).Take(LargestSpace).Prepend(standard).Distinct().ToList();
        return new(workload, group, steps, space, standard, GroupNodes.Of(group, Materialized).Sum(n => n.Op.Flops(n)));
    }
}
