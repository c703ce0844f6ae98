using Lathe.Compilation.Diagnostics;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Runtime;
using Lathe.Targets.Llvm;

namespace Lathe.Compilation.Tuning;

/// <summary>A model's groups and the tasks among them.</summary>
internal sealed class TunableModel
{
    /// <summary>Of larger spaces, so many schedules are considered.</summary>
    private const int LargestSpace = 1 << 14;

    private readonly Graph _graph;
    private readonly CompileOptions _options;
    private readonly ObjectCache _objects = new();

    /// <param name="graph">As <see cref="Compiler.Optimize"/> leaves it.</param>
    public TunableModel(Graph graph, CompileOptions options)
    {
        (_graph, _options) = (graph, options);
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

    /// <summary>Compiles the model with the schedules that are chosen, only kernels that it did not have before, and fills its inputs. Throws an <see cref="OperationCanceledException"/> between the steps of that.</summary>
    /// <param name="choices">Null for the defaults.</param>
    public Session Load(ScheduleChoices? choices, WorkerPool pool, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var compiler = new Compiler(_options with { Choices = choices }, new PassLog());
        var program = compiler.Lower(_graph);
        stop.ThrowIfCancellationRequested();
        using var model = compiler.Load(program, known: _objects);
        var session = new Session(model, pool);
        ModelRace.Fill(session);
        return session;
    }

    private TuningTask TaskOf(Workload workload, Group group, IReadOnlyList<int> steps)
    {
        var standard = Generators.Default(group);
        var space = Generators.Space(group).Take(LargestSpace).Prepend(standard).Distinct().ToList();
        return new(workload, group, steps, space, standard, GroupNodes.Of(group, Materialized).Sum(n => n.Op.Flops(n)));
    }
}
