using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>a &lt; b, elementwise.</summary>
public sealed record Less : ComparisonOp
{
    public override Expr Apply(Expr a, Expr b) => a < b;
}
