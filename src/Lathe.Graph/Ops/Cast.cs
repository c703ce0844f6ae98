using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Conversion by value. Floats are truncated and saturate on the way to integers, integers wrap, and to bool is "not zero".
/// </summary>
public sealed record Cast(DType To) : UnaryElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Cast(To, x);

    public override DType InferElement(IReadOnlyList<DType> inputs) => To;

    public override long Flops(Node node) => 0;
}
