using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>Whether a float is not a number.</summary>
public sealed record IsNaN : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Compare(CompareOp.NotEqual, x, x);

    public override DType InferElement(IReadOnlyList<DType> inputs)
    {
        base.InferElement(inputs);
        return DType.Bool;
    }
}
