using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>Logical disjunction of bools.</summary>
public sealed record Or : BinaryElementwiseOp
{
    public override Expr Apply(Expr a, Expr b) => a | b;

    public override DType InferElement(IReadOnlyList<DType> inputs) => ElementTypes.Bool(this, base.InferElement(inputs));
}
