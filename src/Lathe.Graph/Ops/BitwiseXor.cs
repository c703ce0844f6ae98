using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>a ^ b on integers.</summary>
public sealed record BitwiseXor : BinaryElementwiseOp
{
    public override Expr Apply(Expr a, Expr b) => a ^ b;

    public override DType InferElement(IReadOnlyList<DType> inputs) => ElementTypes.Integer(this, base.InferElement(inputs));
}
