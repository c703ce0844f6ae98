using Lathe.Compilation.Kernels;
using Lathe.Graphs;

namespace Lathe.Compilation.Scheduling;

/// <summary>The kernel generators, the most special first; the last takes every group.</summary>
/// <param name="exact">Layers are computed as they are defined, from weights as they are.</param>
internal sealed class Generators(MachineFacts machine, IReadOnlySet<Value> materialized, bool exact)
{
    private readonly KernelGenerator[] _all =
    [
        new WindowKernels(machine, materialized),
        new DotDepthwiseKernels(machine, materialized),
        .. exact ? Array.Empty<KernelGenerator>() : [new WinogradKernels(machine, materialized)],
        new PlanarKernels(machine, materialized),
        .. exact ? Array.Empty<KernelGenerator>() : [new Int21Kernels(machine, materialized)],
        new ContractionKernels(machine, materialized),
        new RowKernels(machine, materialized),
        new TransposeKernels(machine, materialized),
        new GenericKernels(machine, materialized),
    ];

    /// <summary>Take the groups that were joined, each those of its kind, and no other does.</summary>
    private readonly KernelGenerator[] _joined = [new BandKernels(machine, materialized), new AttentionKernels(machine, materialized)];

    /// <summary>The schedule for a group of which nothing has been measured.</summary>
    public Schedule Default(Group group) => (JoinedOf(group) ?? _all.First(g => g.Takes(group) && g.Pays(group))).Default(group);

    /// <summary>The schedules of all generators that take the group, the default among them; the generic rules only where no other does.</summary>
    public IEnumerable<Schedule> Space(Group group)
    {
        if (JoinedOf(group) is { } joined)
            return joined.Space(group);
        var special = _all.SkipLast(1).Where(g => g.Takes(group)).ToList();
        return special.Count == 0 ? _all[^1].Space(group) : special.SelectMany(g => g.Space(group));
    }

    /// <summary>The version of the generator of that name; 0 when there is none.</summary>
    public int VersionOf(string generator) => _joined.Concat(_all).FirstOrDefault(g => g.Name == generator)?.Version ?? 0;

    public LoweredKernel Lower(Group group, Schedule schedule) => _joined.Concat(_all).First(g => g.Name == schedule.Generator).Lower(group, schedule);

    private KernelGenerator? JoinedOf(Group group) => group.Producer is null ? null : _joined.First(g => g.Takes(group));
}
