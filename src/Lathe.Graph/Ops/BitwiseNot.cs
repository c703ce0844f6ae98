using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>Every bit of an integer inverted.</summary>
public sealed record BitwiseNot : UnaryElementwiseOp
{
    public override Expr Apply(Expr x) => !x;

    public override DType InferElement(IReadOnlyList<DType> inputs) => ElementTypes.Integer(this, inputs[0]);
}
