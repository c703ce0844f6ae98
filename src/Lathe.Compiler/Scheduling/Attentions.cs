using Lathe.Compilation.Kernels;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>
/// Joins two products of matrices and the group of rows between them, where the rows are so many that they would leave the cache before they are
/// read.
/// </summary>
internal static class Attentions
{
    /// <summary>Fewer rows at a time would read keys and values too often.</summary>
    private const long LeastQueries = 8;

    /// <summary>The groups with chains joined; a joined group stands where its last one stood.</summary>
    public static IReadOnlyList<Group> Join(Graph graph, IReadOnlyList<Group> groups, IReadOnlySet<Value> materialized, MachineFacts machine)
    {
        var byResult = groups.ToDictionary(g => g.Result);
        var joined = new Dictionary<Value, Group>();
        var gone = new HashSet<Value>();
        foreach (var result in groups.Where(IsProduct))
        {
            if (ChainOf(graph, result, byResult, materialized) is not { } chain || gone.Contains(chain.Scores.Result) || joined.ContainsKey(chain.Scores.Result) || !Pays(chain, machine))
                continue;
            joined[result.Result] = result with { Producer = chain.Probabilities with { Producer = chain.Scores } };
            gone.Add(chain.Scores.Result);
            gone.Add(chain.Probabilities.Result);
        }
        return [.. groups.Where(g => !gone.Contains(g.Result)).Select(g => joined.GetValueOrDefault(g.Result, g))];
    }

    /// <summary>The most rows at a time whose scores and probabilities fit the frame of a function.</summary>
    public static long MostQueries(AttentionChain chain, MachineFacts machine) => Math.Min(chain.Queries, KernelDraft.MostLocalBytes / chain.LocalBytes(1, machine));

    private static AttentionChain? ChainOf(Graph graph, Group result, Dictionary<Value, Group> byResult, IReadOnlySet<Value> materialized)
    {
        var anchor = result.Anchor!;
        if (anchor.Op is MatMul { TransposeA: true } || ContractionForm.Of(anchor)!.Data != anchor.Inputs[0]
            || byResult.GetValueOrDefault(Views.Root(anchor.Inputs[0])) is not { Rows: { } space, Producer: null, Halo: null } probabilities
            || !space.IsFull(probabilities.Result) || !IsReadBy(graph, probabilities.Result, [anchor]) || Views.Root(anchor.Inputs[1]) == probabilities.Result)
            return null;
        var nodes = GroupNodes.Of(probabilities, materialized);
        var scores = nodes.SelectMany(n => n.Inputs).Select(v => byResult.GetValueOrDefault(Views.Root(v))).OfType<Group>().Distinct()
            .FirstOrDefault(g => IsProduct(g) && g is { Moves.Count: 0, Halo: null } && IsReadBy(graph, g.Result, nodes));
        return scores is null ? null : Matching(new(scores, probabilities, result), nodes);
    }

    /// <summary>The chain, if rows follow one another alike in its three parts and all of its elements are of one type.</summary>
    private static AttentionChain? Matching(AttentionChain chain, IReadOnlyList<Node> nodes)
    {
        var (first, last, space) = (chain.ScoresForm.Work, chain.ResultForm.Work, chain.Space);
        bool matches = first.Images == last.Images && first.Width == last.Width && first.Columns == last.Depth
            && space.Length == first.Columns && space.Rows == first.Images * first.Width
            && chain.Scores.Inner.Element == first.Element && chain.Probabilities.Result.Element == first.Element && last.Element == first.Element
            && nodes.SelectMany(n => n.Inputs).Where(chain.AreScores).All(space.IsFull)
            && chain.Result.Anchor!.Inputs[0].Shape.ElementCount == space.Rows * space.Length;
        return matches ? chain : null;
    }

    /// <summary>A product of two computed matrices of floats, with its elementwise part.</summary>
    private static bool IsProduct(Group group) =>
        group is { Producer: null, Anchor: { Op: MatMul } anchor } && anchor.Output.Element.IsFloat && ContractionForm.Of(anchor) is { PacksWeights: false };

    /// <summary>Whether nothing but the nodes reads a value, as it is or under another shape.</summary>
    private static bool IsReadBy(Graph graph, Value value, IReadOnlyCollection<Node> nodes) =>
        !graph.IsOutput(value) && graph.UsersOf(value).All(u => GroupFormation.IsView(u) ? IsReadBy(graph, u.Output, nodes) : nodes.Contains(u));

    /// <summary>Less than this is still in the second-level cache when it is read.</summary>
    private static bool Pays(AttentionChain chain, MachineFacts machine) =>
        chain.Images * chain.Queries * chain.Keys * chain.ElementSize > machine.L2Bytes / 2 && MostQueries(chain, machine) >= Math.Min(chain.Queries, LeastQueries);
}
