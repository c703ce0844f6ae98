using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Compilation.Verification;

/// <summary>
/// Finds the values of two graphs that stand for the same layer: by the nodes' names, then contractions of equal work in their order, then
/// the outputs in theirs. Values match when their shapes are equal, or one is the other with its channels moved.
/// </summary>
internal static class LayerMatching
{
    public static IReadOnlyList<LayerPair> Of(Graph first, Graph second)
    {
        var (mine, theirs) = (Layers(first), Layers(second));
        var byName = theirs.Where(v => v.Node.Name.Length > 0).ToDictionary(v => v.Node.Name);
        var pairs = new Dictionary<Value, Value>();
        foreach (var value in mine)
            if (byName.TryGetValue(value.Node.Name, out var other) && Suit(value, other))
                pairs[value] = other;
        PairContractions(first, second, pairs);
        foreach (var (a, b) in first.Outputs.Zip(second.Outputs))
            if (Suit(a.Value, b.Value))
                pairs[a.Value] = b.Value;
        return [.. first.Nodes.SelectMany(n => n.Outputs).Where(pairs.ContainsKey).Select(v => new LayerPair(NameOf(first, v), v, pairs[v]))];
    }

    /// <summary>The order of axes that turns the second value into the first; null where no order does.</summary>
    public static int[]? Order(TensorType first, TensorType second)
    {
        if (first.Rank != second.Rank)
            return null;
        int rank = first.Rank;
        int[] same = [.. Enumerable.Range(0, rank)];
        int[][] orders = rank < 3 ? [same] : [same, [0, rank - 1, .. Enumerable.Range(1, rank - 2)], [0, .. Enumerable.Range(2, rank - 2), 1]];
        return orders.FirstOrDefault(order => order.Select(axis => second.Shape[axis]).SequenceEqual(first.Shape));
    }

    /// <summary>The last value of each layer: a name often covers an op and what was added to it.</summary>
    private static List<Value> Layers(Graph graph) =>
        [.. graph.Nodes.Where(n => n.Op is not (Input or Constant)).GroupBy(n => n.Name.Length > 0 ? n.Name : $"{n.Op.Name} {n.GetHashCode()}").Select(g => g.Last().Output)];

    /// <summary>Pairs contractions of layers that have no pair yet.</summary>
    private static void PairContractions(Graph first, Graph second, Dictionary<Value, Value> pairs)
    {
        var (mine, theirs) = (Open(first, pairs.Keys), Open(second, pairs.Values));
        int from = 0;
        foreach (var value in mine)
        {
            int at = theirs.FindIndex(from, v => v.Op.Macs(v.Node) == value.Op.Macs(value.Node) && Suit(value, v));
            if (at < 0)
                continue;
            pairs[value] = theirs[at];
            from = at + 1;
        }
    }

    private static List<Value> Open(Graph graph, IEnumerable<Value> paired)
    {
        var names = paired.Select(v => v.Node.Name).ToHashSet();
        return [.. graph.Nodes.Where(n => n.Op is not (Input or Constant) && !names.Contains(n.Name) && n.Op.Macs(n) > 0).Select(n => n.Output)];
    }

    private static bool Suit(Value a, Value b) => a.Shape.IsKnown && b.Shape.IsKnown && Order(a.Type, b.Type) is not null;

    private static string NameOf(Graph graph, Value value) =>
        graph.Outputs.FirstOrDefault(o => o.Value == value)?.Name ?? (value.Node.Name.Length > 0 ? value.Node.Name : value.Op.Name);
}
