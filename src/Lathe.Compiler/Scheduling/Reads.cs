using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Scheduling;

/// <summary>Who reads a value, and how often a node's definition reads its inputs.</summary>
internal static class Reads
{
    /// <summary>The node that alone reads a value, and once; null where there is none, or the value is an output.</summary>
    public static Node? OnlyReader(Graph graph, Value value) =>
        !graph.IsOutput(value) && graph.UsersOf(value).Distinct().ToList() is [var reader] && reader.Inputs.Count(i => i == value) == 1 ? reader : null;

    /// <summary>For each input, how many loads of it stand in the definition of an output element.</summary>
    public static int[] LoadsOf(Node node, PrimitiveOp op) => Count(node, op, perElement: false).Select(n => (int)n).ToArray();

    /// <summary>
    /// Whether no element of an input is read more often than once. Concat and Pad read each element once though they have
    /// more elements than an input.
    /// </summary>
    public static bool Once(Node node, PrimitiveOp op) =>
        op is Concat or Pad
        || Count(node, op, perElement: true).Zip(node.Inputs)
            .All(p => p.Second.Constant is not null || p.First * node.Output.Shape.ElementCount <= p.Second.Shape.ElementCount);

    private static long[] Count(Node node, PrimitiveOp op, bool perElement)
    {
        var inputs = node.Inputs.Select((v, i) => new Buffer($"@{i}", v.Element, v.Shape.ToArray())).ToArray();
        var index = node.Output.Shape.Select((_, i) => (Expr)new Var($"i{i}")).ToArray();
        var counts = new long[inputs.Length];
        Count(op.Define(inputs, node.Output.Type, index), inputs, counts, times: 1, perElement);
        return counts;
    }

    private static void Count(Expr expr, Buffer[] inputs, long[] counts, long times, bool perElement)
    {
        if (expr is Load load && Array.IndexOf(inputs, load.Buffer) is >= 0 and var i)
            counts[i] += times;
        if (expr is Reduce reduce && perElement)
            times = reduce.Axes.Aggregate(times, (n, a) => n * a.Extent);
        foreach (var child in expr.Children)
            Count(child, inputs, counts, times, perElement);
    }
}
