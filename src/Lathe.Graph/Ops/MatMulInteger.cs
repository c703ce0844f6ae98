using System.Collections.Immutable;

namespace Lathe.Graphs.Ops;

/// <summary>
/// The matrix product of 8-bit integers less their zero points, in i32. Inputs: a, b, and maybe the zero point of a (one, or one a row), and of b (one,
/// or one a column).
/// </summary>
public sealed record MatMulInteger : CompositeOp
{
    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        ElementTypes.Count(this, [.. inputs.Select(i => i.Type)], 2, 4);
        foreach (var operand in inputs)
            ElementTypes.Integer(this, operand.Element);
        var (left, right) = (inputs[0], inputs[1]);
        var rows = Integers.Centre(b, left, inputs.Count > 2 ? inputs[2] : null, left.Shape.Rank - 2);
        var columns = Integers.Centre(b, right, inputs.Count > 3 ? inputs[3] : null, right.Shape.Rank - 1);
        return [b.Add(new MatMul(), rows, columns)];
    }
}
