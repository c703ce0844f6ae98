using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>-x, for signed numbers.</summary>
public sealed record Neg : UnaryElementwiseOp
{
    public override Expr Apply(Expr x) => -x;

    public override DType InferElement(IReadOnlyList<DType> inputs) => ElementTypes.Signed(this, inputs[0]);
}
