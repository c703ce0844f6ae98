using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes.Rules;
using Lathe.Loops;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// Contractions read operands in the order of axes in which they lie in memory where that costs them nothing, so that no transpose is needed before
/// them. Products of matrices that are both computed do so as long as the last axis stays, and store their result so too: heads of attention. Convolutions
/// of a few channels broadcast single data, and read each channel as a plane of its own.
/// </summary>
internal static class OperandOrder
{
    /// <summary>The value whose memory a contraction reads for an operand: the operand, or what it is a transpose of.</summary>
    public static Value Memory(Node contraction, Value operand) =>
        operand.Op is Transpose op && ((IsOfComputed(contraction) && KeepsLast(op)) || IsPlanes(contraction, operand)) ? operand.Node.Inputs[0] : operand;

    /// <summary>Whether a contraction's data is an image that lies in memory by planes, one for each channel.</summary>
    public static bool ReadsPlanes(Node contraction) => IsPlanes(contraction, contraction.Inputs[0]);

    /// <summary>Whether a contraction's result may be stored in the order of a transpose of it.</summary>
    public static bool Stores(Node contraction, Transpose op) => IsOfComputed(contraction) && KeepsLast(op);

    /// <summary>An operand's index as one into its memory.</summary>
    public static Expr[] IndexInto(Value memory, Value operand, Expr[] index) =>
        memory == operand ? index : Source((Transpose)operand.Op, index);

    /// <summary>How many elements of memory lie between neighbours along an axis of an operand.</summary>
    public static long Step(Value memory, Value operand, int axis)
    {
        int at = memory == operand ? axis : ((Transpose)operand.Op).Permutation[axis];
        return memory.Shape.Skip(at + 1).Aggregate(1L, (n, d) => n * d.Value);
    }

    private static Expr[] Source(Transpose op, Expr[] index)
    {
        var at = new Expr[index.Length];
        for (int axis = 0; axis < at.Length; axis++)
            at[op.Permutation[axis]] = index[axis];
        return at;
    }

    /// <summary>Whether rows stay whole.</summary>
    public static bool KeepsLast(Transpose op) => op.Permutation[^1] == op.Permutation.Count - 1;

    private static bool IsOfComputed(Node node) => node.Op is MatMul && node.Inputs.All(i => i.Constant is null);

    private static bool IsPlanes(Node contraction, Value operand) =>
        PadPlanes.ReadsPlanes(contraction) && operand == contraction.Inputs[0] && PadPlanes.TurnsPlanes(operand);
}
