using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Scheduling;

/// <summary>Which nodes a group is built around.</summary>
internal static class Anchoring
{
    /// <summary>Contractions have kernel generators, which read their operands from memory.</summary>
    public static bool IsContraction(Node node) => node.Op is Conv or MatMul;

    /// <summary>Ops with a reduction in their definition, contractions included.</summary>
    public static bool IsAnchor(Node node) => IsContraction(node) || (node.Op is PrimitiveOp op && Reduces(op, node));

    /// <summary>Ops that read each element of the input several times.</summary>
    public static bool ReadsWindows(Op op) => op is MaxPool or AveragePool or LpPool or Tile or Expand or Gather or GatherElements;

    /// <summary>Constant padding of an image's spatial axes, as convolutions want it, that does not crop.</summary>
    public static bool IsHalo(Pad pad) =>
        pad.Mode == PadMode.Constant && pad.Before.All(p => p >= 0) && pad.After.All(p => p >= 0);

    private static bool Reduces(PrimitiveOp op, Node node)
    {
        if (op is ElementwiseOp)
            return false;
        var buffers = node.Inputs.Select((v, i) => new Buffer($"@{i}", v.Element, v.Shape.ToArray())).ToArray();
        var index = node.Output.Shape.Select((_, i) => (Expr)new Var($"i{i}")).ToArray();
        return op.Define(buffers, node.Output.Type, index).Descendants().Any(e => e is Reduce);
    }
}
