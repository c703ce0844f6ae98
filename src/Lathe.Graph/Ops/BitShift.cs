using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>Unsigned integers shifted by as many bits as b says; a shift by the type's width or more gives 0.</summary>
public sealed record BitShift(bool Left) : BinaryElementwiseOp
{
    public override Expr Apply(Expr a, Expr b)
    {
        var last = Build.Int((8 * a.Element.Size) - 1, a.Element);
        var by = Build.Min(b, last);
        var shifted = Build.Binary(Left ? BinaryOp.Shl : BinaryOp.Shr, a, by);
        return Build.Select(b > last, Build.Int(0, a.Element), shifted);
    }

    public override DType InferElement(IReadOnlyList<DType> inputs) => ElementTypes.Unsigned(this, base.InferElement(inputs));
}
