using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>a &lt;= b, elementwise.</summary>
public sealed record LessEqual : ComparisonOp
{
    public override Expr Apply(Expr a, Expr b) => a <= b;
}
