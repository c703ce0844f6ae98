using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>|x|, for numbers. The least signed integer stays as it is.</summary>
public sealed record Abs : UnaryElementwiseOp
{
    public override Expr Apply(Expr x) => x.Element.IsSigned ? Build.Unary(UnaryOp.Abs, x) : x;

    public override DType InferElement(IReadOnlyList<DType> inputs) => ElementTypes.Number(this, inputs[0]);
}
