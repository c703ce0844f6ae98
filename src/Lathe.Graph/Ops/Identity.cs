using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>x itself.</summary>
public sealed record Identity : UnaryElementwiseOp
{
    public override Expr Apply(Expr x) => x;

    public override long Flops(Node node) => 0;
}
