using System.Diagnostics.CodeAnalysis;
using Lathe.Compilation.Kernels;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>
/// Joins the group of a depthwise convolution or a pool with that of the convolution before it, the 1x1 convolution after it, or both, where what lies
/// between is so large that it would leave the cache before it is read.
/// </summary>
internal static class Bands
{
    /// <summary>Winograd's transforms of so few channels cost more than they save.</summary>
    private const int FewChannels = 4;

    /// <summary>The groups with chains joined; a joined group stands where its last one stood.</summary>
    public static IReadOnlyList<Group> Join(Graph graph, IReadOnlyList<Group> groups, MachineFacts machine)
    {
        var byResult = groups.ToDictionary(g => g.Result);
        var joined = new Dictionary<Value, Group>();
        var gone = new HashSet<Value>();
        foreach (var windows in groups.Where(IsOfWindows))
        {
            long near = windows.Anchor!.Op is MaxPool ? machine.L1Bytes : machine.L2Bytes / 2;
            var expand = byResult.GetValueOrDefault(windows.Anchor!.Inputs[0]);
            if (expand is not null && !(IsConvolution(expand) && joined.GetValueOrDefault(expand.Result) is null && Reads.OnlyReader(graph, expand.Result) == windows.Anchor && Pays(expand.Result, near)))
                expand = null;
            var project = Reads.OnlyReader(graph, windows.Result) is { } reader ? groups.FirstOrDefault(g => g.Anchor == reader) : null;
            if (project is not null && !(IsProduct(project) && project.Anchor!.Inputs[0] == windows.Result && windows.Halo is null && Pays(windows.Result, machine.L2Bytes / 2)))
                project = null;
            if (expand is not null)
                expand = expand with { Producer = FrameOf(graph, byResult, expand, windows) };
            foreach (var chain in new BandChain[] { new(expand, windows, project), new(expand, windows, null), new(null, windows, project) })
            {
                if (chain is { Expand: null, Project: null } || !chain.Fits(rows: 1, machine))
                    continue;
                var first = windows with { Producer = chain.Expand };
                joined[chain.Last.Result] = chain.Project is null ? first : chain.Project with { Producer = first };
                if (chain.Expand is not null)
                    gone.Add(chain.Expand.Result);
                if (chain.Frame is not null)
                    gone.Add(chain.Frame.Result);
                if (chain.Project is not null)
                    gone.Add(windows.Result);
                break;
            }
        }
        return [.. groups.Where(g => !gone.Contains(g.Result)).Select(g => joined.GetValueOrDefault(g.Result, g))];
    }

    private static bool IsOfWindows(Group group) =>
        group is { Result.Op: not Transpose, Anchor: { } anchor } && anchor.Output.Element.IsFloat && WindowKernels.IsOfWindows(anchor) && WindowKernels.WindowOf(anchor).Rank == 2;

    /// <summary>A 1x1 convolution, or one that is computed as it is defined anyway, for its strides or its few channels; padded along rows and columns at most.</summary>
    private static bool IsConvolution(Group group) =>
        IsProduct(group)
        || (IsInRows(group, out var conv) && (conv.Window.Strides[^1] > 1 || group.Anchor!.Inputs[0].Shape[^1].Value <= FewChannels));

    /// <summary>A 1x1 convolution of stride 1 with its elementwise part, padded along rows and columns at most.</summary>
    private static bool IsProduct(Group group) =>
        IsInRows(group, out var conv) && conv.Window.Kernel.All(k => k == 1) && conv.Window.Strides.All(s => s == 1);

    private static bool IsInRows(Group group, [NotNullWhen(true)] out Conv? conv)
    {
        conv = group.Anchor?.Op as Conv;
        return conv is { Groups: 1, Window.Rank: 2 } && group is { Moves.Count: 0, Anchor: { } anchor } && anchor.Output.Element.IsFloat
            && ContractionForm.Of(anchor) is not null
            && (group.Halo is not { } halo || (halo.Before[0] == 0 && halo.After[0] == 0 && halo.Before[3] == 0 && halo.After[3] == 0));
    }

    /// <summary>The group of a picture's padding that only a convolution of planes reads, and reads row after row; null where there is none.</summary>
    private static Group? FrameOf(Graph graph, Dictionary<Value, Group> byResult, Group expand, Group windows)
    {
        var window = WindowKernels.WindowOf(windows.Anchor!);
        return OperandOrder.ReadsPlanes(expand.Anchor!) && window.Strides[0] <= window.Span(0)
            && byResult.TryGetValue(ContractionForm.Of(expand.Anchor!)!.Data, out var frame)
            && frame is { Halo: { } halo, Anchor: null, Rows: null, Producer: null } && frame.Inner.Op is not Concat
            && halo.Before.Concat(halo.After).Where((_, i) => i % 4 < 2).All(p => p == 0)
            && Reads.OnlyReader(graph, frame.Result) is { } turn && Reads.OnlyReader(graph, turn.Output) == expand.Anchor
            ? frame : null;
    }

    /// <summary>
    /// Less than half of the second level is still there when it is read, and tiles of a whole image are better than those of a step's rows; but a pool does nothing
    /// but read, and finds the first level faster.
    /// </summary>
    private static bool Pays(Value between, long near) => between.Shape.ElementCount * between.Element.Size > near;
}
