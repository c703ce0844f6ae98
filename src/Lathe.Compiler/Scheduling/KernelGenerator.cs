using Lathe.Graphs;

namespace Lathe.Compilation.Scheduling;

/// <summary>Makes kernels of groups of one kind, each in as many ways as it has schedules for the group.</summary>
internal abstract class KernelGenerator(MachineFacts machine, IReadOnlySet<Value> materialized)
{
    protected MachineFacts Machine => machine;

    /// <summary>All values that have memory; everything else in a group is computed in registers.</summary>
    protected IReadOnlySet<Value> Materialized => materialized;

    /// <summary>The first word of the generator's schedules.</summary>
    public abstract string Name { get; }

    /// <summary>To be raised when the generator's kernels become faster or slower: what was measured of others counts no more.</summary>
    public virtual int Version => 1;

    /// <summary>Whether the generator can make this group's kernel.</summary>
    public abstract bool Takes(Group group);

    /// <summary>Whether, without a measurement, it should be preferred to the generators after it in <see cref="Generators"/>.</summary>
    public virtual bool Pays(Group group) => true;

    /// <summary>The schedule that is expected to be the fastest.</summary>
    public abstract Schedule Default(Group group);

    /// <summary>The schedules that are worth measuring. <see cref="Default"/> is one of them.</summary>
    public virtual IEnumerable<Schedule> Space(Group group) => [Default(group)];

    /// <summary>Makes the kernel. The schedule must be from <see cref="Space"/>.</summary>
    public abstract LoweredKernel Lower(Group group, Schedule schedule);
}
