using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// a / b, elementwise. Integers truncate; an integer divided by 0 is 0, and the least one divided by -1 wraps to itself.
/// </summary>
public sealed record Div : BinaryElementwiseOp
{
    public override Expr Apply(Expr a, Expr b)
    {
        if (a.Element.IsFloat)
            return a / b;
        var zero = Build.Int(0, a.Element);
        var one = Build.Int(1, a.Element);
        if (!a.Element.IsSigned)
            return Build.Select(Build.Equal(b, zero), zero, a / Build.Max(b, one));
        var isZero = Build.Equal(b, zero);
        var isMinusOne = Build.Equal(b, Build.Int(-1, a.Element));
        return Build.Select(isZero, zero, Build.Select(isMinusOne, -a, a / Build.Select(isZero | isMinusOne, one, b)));
    }

    public override DType InferElement(IReadOnlyList<DType> inputs) => ElementTypes.Number(this, base.InferElement(inputs));
}
