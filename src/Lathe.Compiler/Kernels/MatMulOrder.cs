using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// Products of matrices that are both computed read their operands and write their result in the order of axes in which they lie in
/// memory, as long as the last axis stays: so heads of attention need no transposes around them.
/// </summary>
internal static class MatMulOrder
{
    /// <summary>The value whose memory a contraction reads for an operand: the operand, or what it is a transpose of.</summary>
    public static Value Memory(Node contraction, Value operand) =>
        IsOfComputed(contraction) && operand.Op is Transpose op && KeepsLast(op) ? operand.Node.Inputs[0] : operand;

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

    private static bool IsOfComputed(Node node) => node.Op is MatMul && node.Inputs.All(i => i.Constant is null);

    private static bool KeepsLast(Transpose op) => op.Permutation[^1] == op.Permutation.Count - 1;
}
