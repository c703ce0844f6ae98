using System.Collections.Immutable;

namespace Lathe.Graphs.Ops;

/// <summary>
/// The matrix product of quantized a and b, quantized: round(sum * scale of a * scale of b / scale of y) + zero point of y. Inputs: a, its scale and zero
/// point, b, its scale and zero point, and y's scale and zero point. Those of a may be one a row, those of b one a column.
/// </summary>
public sealed record QLinearMatMul : CompositeOp
{
    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        ElementTypes.Count(this, [.. inputs.Select(i => i.Type)], 8);
        var (left, leftScale, leftZero) = (inputs[0], inputs[1], inputs[2]);
        var (right, rightScale, rightZero) = (inputs[3], inputs[4], inputs[5]);
        var sum = b.Add(new MatMulInteger(), left, right, leftZero, rightZero);
        int rank = sum.Shape.Rank;
        var factor = Integers.Factor(b, leftScale, rank - 2, rightScale, rank - 1, inputs[6], rank);
        return [Integers.Requantize(b, sum, factor, inputs[7])];
    }
}
