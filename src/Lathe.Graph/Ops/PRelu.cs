using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>x, or slope * x below 0. Inputs: x, slope (He et al., 2015).</summary>
public sealed record PRelu : BinaryElementwiseOp
{
    public override Expr Apply(Expr a, Expr b) => Build.Select(a < Build.Const(0, a.Element), a * b, a);

    public override DType InferElement(IReadOnlyList<DType> inputs) => ElementTypes.Number(this, base.InferElement(inputs));
}
