using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>a and b differ, elementwise.</summary>
public sealed record NotEqual : ComparisonOp
{
    public override Expr Apply(Expr a, Expr b) => Build.Compare(CompareOp.NotEqual, a, b);
}
