using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// The remainder of a / b, elementwise: with <paramref name="Fmod"/> of the dividend's sign, else of the divisor's. An integer's
/// remainder by 0 is 0.
/// </summary>
public sealed record Mod(bool Fmod) : BinaryElementwiseOp
{
    public override Expr Apply(Expr a, Expr b)
    {
        var zero = Build.Const(0, a.Element);
        Expr remainder;
        if (a.Element.IsFloat)
        {
            remainder = Build.Binary(BinaryOp.Rem, a, b);
        }
        else
        {
            // Remainders by 1 and -1 are 0 as well; dividing by -1 traps on the least integer.
            var isTrivial = Build.Equal(b, zero);
            if (a.Element.IsSigned)
                isTrivial |= Build.Equal(b, Build.Int(-1, a.Element));
            remainder = Build.Binary(BinaryOp.Rem, a, Build.Select(isTrivial, Build.Int(1, a.Element), b));
        }
        if (Fmod || !a.Element.IsSigned)
            return remainder;
        var signsDiffer = (remainder < zero) ^ (b < zero);
        return Build.Select(Build.Compare(CompareOp.NotEqual, remainder, zero) & signsDiffer, remainder + b, remainder);
    }

    public override DType InferElement(IReadOnlyList<DType> inputs) => ElementTypes.Number(this, base.InferElement(inputs));
}
