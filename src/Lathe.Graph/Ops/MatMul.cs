using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// The matrix product over the last two axes, [.., M, K] x [.., K, N]; leading axes broadcast. With TransposeA or TransposeB
/// that operand's last two axes are read swapped. Both operands have rank 2 at least.
/// </summary>
public sealed record MatMul(bool TransposeA = false, bool TransposeB = false) : PrimitiveOp
{
    /// <summary>The element type of products and sums of narrower integers; null where both operands and sums are of one type.</summary>
    public DType? Sum { get; init; }

    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        if (inputs.Count != 2)
            throw new ModelException("LATHE2001", $"MatMul takes 2 inputs and has {inputs.Count}");
        var (a, b) = (inputs[0], inputs[1]);
        if (a.Rank < 2 || b.Rank < 2)
            throw new ModelException("LATHE2020", $"{a} and {b} must have rank 2 at least");
        var element = Integers.SumOf(Sum, a, b);
        var (m, k) = TransposeA ? (a.Shape[^1], a.Shape[^2]) : (a.Shape[^2], a.Shape[^1]);
        var (k2, n) = TransposeB ? (b.Shape[^1], b.Shape[^2]) : (b.Shape[^2], b.Shape[^1]);
        if (k.IsKnown && k2.IsKnown && k != k2)
            throw new ModelException("LATHE2021", $"the inner extents of {a} and {b} differ: {k} and {k2}");
        var batch = Broadcasting.Join([[.. a.Shape.SkipLast(2)], [.. b.Shape.SkipLast(2)]]);
        return new(element, [.. batch, m, n]);
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        var (a, b) = (inputs[0], inputs[1]);
        var k = new Var("k");
        var x = a[Operand(a, index, TransposeA ? [k, index[^2]] : [index[^2], k])];
        var y = b[Operand(b, index, TransposeB ? [index[^1], k] : [k, index[^1]])];
        return new Reduce(ReduceOp.Sum, [new ReduceAxis(k, a.Shape[TransposeA ? a.Rank - 2 : a.Rank - 1])], Build.Cast(output.Element, x) * Build.Cast(output.Element, y));
    }

    public override long Macs(Node node)
    {
        var a = node.Inputs[0].Shape;
        return node.Output.Shape.ElementCount * (TransposeA ? a[^2] : a[^1]).Value;
    }

    private static IEnumerable<Expr> Operand(Buffer operand, IReadOnlyList<Expr> index, Expr[] matrix)
    {
        int batch = operand.Rank - 2;
        for (int axis = 0; axis < batch; axis++)
            yield return operand.Shape[axis] == 1 ? 0 : index[index.Count - 2 - batch + axis];
        foreach (var e in matrix)
            yield return e;
    }
}
