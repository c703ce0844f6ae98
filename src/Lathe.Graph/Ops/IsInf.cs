using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>Whether a float is infinite, of the signs that are asked for.</summary>
public sealed record IsInf(bool Positive = true, bool Negative = true) : FloatElementwiseOp
{
    public override Expr Apply(Expr x)
    {
        Expr result = Build.Bool(false);
        if (Positive)
            result = Build.Equal(x, Build.Highest(x.Element));
        return Negative ? result | Build.Equal(x, Build.Lowest(x.Element)) : result;
    }

    public override DType InferElement(IReadOnlyList<DType> inputs)
    {
        base.InferElement(inputs);
        return DType.Bool;
    }
}
