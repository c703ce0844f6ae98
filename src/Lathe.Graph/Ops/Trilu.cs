using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// The upper (or lower) triangle of the last two axes, other elements 0. Diagonal <paramref name="K"/> is kept; 0 is the main one, positive ones lie above.
/// </summary>
public sealed record Trilu(bool Upper, long K = 0) : PrimitiveOp
{
    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1);
        return inputs[0].Rank >= 2 ? inputs[0] : throw new ModelException("LATHE2054", $"{inputs[0]} has no matrix to take a triangle of");
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        // Diagonals beyond the matrix are all alike, and sums with them must not overflow.
        long diagonal = Math.Clamp(K, -1L - int.MaxValue, int.MaxValue);
        var (row, column) = (index[^2] + diagonal, index[^1]);
        return Build.Select(Upper ? column >= row : column <= row, inputs[0][index], Build.Const(0, output.Element));
    }
}
