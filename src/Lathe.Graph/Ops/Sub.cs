using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>a - b, elementwise.</summary>
public sealed record Sub : BinaryElementwiseOp
{
    public override Expr Apply(Expr a, Expr b) => a - b;

    public override DType InferElement(IReadOnlyList<DType> inputs) => ElementTypes.Number(this, base.InferElement(inputs));
}
