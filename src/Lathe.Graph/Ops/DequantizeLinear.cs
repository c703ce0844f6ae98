using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// (x - zero point) * scale, in the scale's type. Inputs: x, scale, and maybe zero point of x's type. The parameters are laid out as for
/// <see cref="QuantizeLinear"/>.
/// </summary>
public sealed record DequantizeLinear(int Axis, long BlockSize = 0) : PrimitiveOp
{
    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 2, 3);
        var (x, scale) = (inputs[0], inputs[1]);
        ElementTypes.Integer(this, x.Element);
        ElementTypes.Float(this, scale.Element);
        if (inputs.Count == 3)
            ElementTypes.Same([x, inputs[2]]);
        Quantization.Check(x, [.. inputs.Skip(1)], Axis, BlockSize);
        return x.WithElement(scale.Element);
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        var wide = Build.Cast(DType.Int32, inputs[0][index]);
        if (inputs.Count == 3)
            wide -= Build.Cast(DType.Int32, Quantization.At(inputs[2], index, Axis, BlockSize));
        return Build.Cast(output.Element, wide) * Quantization.At(inputs[1], index, Axis, BlockSize);
    }

    public override long Flops(Node node) => checked(2 * node.Output.Shape.ElementCount);
}
