using Lathe.Compilation.Kernels;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>
/// Joins a depthwise convolution's group with that of the 1x1 convolution before it, after it, or both, where what lies between is so large
/// that it would leave the cache before it is read.
/// </summary>
internal static class Bands
{
    /// <summary>Local memory of a task. The stacks of threads are not much larger.</summary>
    public const long MostLocalBytes = 512 << 10;

    /// <summary>The groups with chains joined; a joined group stands where its last one stood.</summary>
    public static IReadOnlyList<Group> Join(Graph graph, IReadOnlyList<Group> groups, MachineFacts machine)
    {
        var byResult = groups.ToDictionary(g => g.Result);
        var joined = new Dictionary<Value, Group>();
        var gone = new HashSet<Value>();
        foreach (var depthwise in groups.Where(IsDepthwise))
        {
            var expand = byResult.GetValueOrDefault(depthwise.Anchor!.Inputs[0]);
            if (expand is not null && !(IsProduct(expand) && joined.GetValueOrDefault(expand.Result) is null && OnlyReader(graph, expand.Result) == depthwise.Anchor && Pays(expand.Result, machine)))
                expand = null;
            var project = OnlyReader(graph, depthwise.Result) is { } reader ? groups.FirstOrDefault(g => g.Anchor == reader) : null;
            if (project is not null && !(IsProduct(project) && project.Anchor!.Inputs[0] == depthwise.Result && depthwise.Halo is null && Pays(depthwise.Result, machine)))
                project = null;
            foreach (var chain in new BandChain[] { new(expand, depthwise, project), new(expand, depthwise, null), new(null, depthwise, project) })
            {
                if (chain is { Expand: null, Project: null } || !Fits(chain, machine))
                    continue;
                var first = chain.Expand is null ? depthwise : depthwise with { Producer = expand };
                joined[chain.Last.Result] = chain.Project is null ? first : chain.Project with { Producer = first };
                if (chain.Expand is not null)
                    gone.Add(chain.Expand.Result);
                if (chain.Project is not null)
                    gone.Add(depthwise.Result);
                break;
            }
        }
        return [.. groups.Where(g => !gone.Contains(g.Result)).Select(g => joined.GetValueOrDefault(g.Result, g))];
    }

    private static bool IsDepthwise(Group group) =>
        group is { Result.Op: not Transpose, Anchor: { Op: Conv { Window.Rank: 2 } } anchor } && anchor.Output.Element.IsFloat && DepthwiseKernels.IsDepthwise(anchor);

    /// <summary>A 1x1 convolution of stride 1 with its elementwise part, padded along rows and columns at most.</summary>
    private static bool IsProduct(Group group) =>
        group is { Result.Op: not Transpose, Anchor: { Op: Conv { Groups: 1, Window.Rank: 2 } conv } anchor }
        && conv.Window.Kernel.All(k => k == 1) && conv.Window.Strides.All(s => s == 1)
        && ContractionForm.Of(anchor) is not null
        && (group.Halo is not { } halo || (halo.Value == 0 && halo.Before[0] == 0 && halo.After[0] == 0 && halo.Before[3] == 0 && halo.After[3] == 0));

    private static Node? OnlyReader(Graph graph, Value value) =>
        !graph.IsOutput(value) && graph.UsersOf(value).Distinct().ToList() is [var reader] && reader.Inputs.Count(i => i == value) == 1 ? reader : null;

    /// <summary>Less than this is still in the second-level cache when it is read, and tiles of a whole image are better than those of a step's rows.</summary>
    private static bool Pays(Value between, MachineFacts machine) => between.Shape.ElementCount * between.Element.Size > machine.L2Bytes / 2;

    /// <summary>The step's rows stay in the second-level cache beside the weights that pass by.</summary>
    private static bool Fits(BandChain chain, MachineFacts machine)
    {
        var config = BandConfig.For(chain, machine);
        long weights = new[] { chain.Expand, chain.Depthwise, chain.Project }.OfType<Group>()
            .Sum(g => g.Anchor!.Inputs[1].Shape.ElementCount * g.Inner.Element.Size);
        long local = chain.LocalBytes(config.Depthwise.Rows);
        return local <= MostLocalBytes && local + weights <= machine.L2Bytes * 3 / 4;
    }
}
