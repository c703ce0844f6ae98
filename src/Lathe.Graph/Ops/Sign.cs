using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>-1, 0 or 1; NaN stays NaN.</summary>
public sealed record Sign : UnaryElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Select(x > Build.Const(0, x.Element), Build.Const(1, x.Element), x.Element.IsSigned ? Build.Select(x < Build.Const(0, x.Element), Build.Const(-1, x.Element), x) : x);

    public override DType InferElement(IReadOnlyList<DType> inputs) => ElementTypes.Number(this, inputs[0]);
}
