using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// round(x / scale) + zero point, ties to even or, with <paramref name="TiesAway"/>, away from zero, saturated to the zero point's integer type. Inputs: x, scale, zero point. The parameters are one for
/// all, one for each place along <paramref name="Axis"/>, or one a block of <paramref name="BlockSize"/> places along it.
/// </summary>
public sealed record QuantizeLinear(int Axis, long BlockSize = 0, bool TiesAway = false) : PrimitiveOp
{
    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 3);
        var (x, scale, zero) = (inputs[0], inputs[1], inputs[2]);
        ElementTypes.Number(this, x.Element);
        ElementTypes.Float(this, scale.Element);
        ElementTypes.Integer(this, zero.Element);
        Quantization.Check(x, [scale, zero], Axis, BlockSize);
        return x.WithElement(zero.Element);
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        Expr Single(Expr e) => e.Element == DType.Float64 ? e : Build.Cast(DType.Float32, e);
        var scale = Single(Quantization.At(inputs[1], index, Axis, BlockSize));
        var x = Build.Cast(scale.Element, inputs[0][index]);
        var zero = Build.Cast(scale.Element, Quantization.At(inputs[2], index, Axis, BlockSize));
        return Build.Cast(output.Element, (TiesAway ? RoundAway(x / scale) : Build.Unary(UnaryOp.RoundEven, x / scale)) + zero);
    }

    /// <summary>Just under a half is added towards the outside, and the fraction goes; a half itself would lift the number before 0.5 to 1.</summary>
    private static Expr RoundAway(Expr x)
    {
        double half = x.Element == DType.Float64 ? Math.BitDecrement(0.5) : MathF.BitDecrement(0.5f);
        var outwards = Build.Select(x < Build.Const(0, x.Element), Build.Const(-half, x.Element), Build.Const(half, x.Element));
        return Build.Unary(UnaryOp.Trunc, x + outwards);
    }

    public override long Flops(Node node) => checked(3 * node.Output.Shape.ElementCount);
}
