using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>a = b, elementwise.</summary>
public sealed record Equal : ComparisonOp
{
    public override Expr Apply(Expr a, Expr b) => Build.Equal(a, b);
}
