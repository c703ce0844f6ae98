using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>a &gt;= b, elementwise.</summary>
public sealed record GreaterEqual : ComparisonOp
{
    public override Expr Apply(Expr a, Expr b) => a >= b;
}
