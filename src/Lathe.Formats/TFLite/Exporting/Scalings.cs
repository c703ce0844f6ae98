using Lathe.Formats.TFLite.Exporting.Ops;
using Lathe.Formats.TFLite.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.TFLite.Exporting;

/// <summary>What the integers of a graph's values stand for, as the operators on them say, and as ops that only move elements pass it on.</summary>
internal static class Scalings
{
    public static Dictionary<Value, LiteQuantization> Of(Graph graph)
    {
        var known = new Dictionary<Value, LiteQuantization>();
        foreach (var node in graph.Nodes)
        {
            if (node.Op is not WholeOperator { Operator: var op })
                continue;
            if (LiteQuantization.Of(op.Result) is { } result)
                known[node.Output] = result;
            foreach (var (operand, scaling) in node.Inputs.Zip(op.Operands))
                if (operand.Constant is null && LiteQuantization.Of(scaling) is { } by)
                    known.TryAdd(operand, by);
        }
        foreach (var node in graph.Nodes.Where(n => n.Op is Reshape or Slice or Transpose or Concat or Tile or Gather or Expand or Identity))
            if (known.TryGetValue(node.Inputs[0], out var by) && !by.IsPerAxis)
                known.TryAdd(node.Output, by);
        return known;
    }
}
