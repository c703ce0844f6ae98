using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>Exclusive disjunction of bools.</summary>
public sealed record Xor : BinaryElementwiseOp
{
    public override Expr Apply(Expr a, Expr b) => a ^ b;

    public override DType InferElement(IReadOnlyList<DType> inputs) => ElementTypes.Bool(this, base.InferElement(inputs));
}
