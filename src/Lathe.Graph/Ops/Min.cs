using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>The lesser of a and b, elementwise; NaN if either is.</summary>
public sealed record Min : BinaryElementwiseOp
{
    public override Expr Apply(Expr a, Expr b) => a.Element.IsFloat ? Build.Select(Build.Compare(CompareOp.NotEqual, a, a), a, Build.Min(a, b)) : Build.Min(a, b);

    public override DType InferElement(IReadOnlyList<DType> inputs) => ElementTypes.Number(this, base.InferElement(inputs));
}
