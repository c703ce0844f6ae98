namespace Lathe.Loops.Managed;

/// <summary>
/// Makes Unrolled loops serial that would become long: the just-in-time compiler stops optimizing large functions.
/// </summary>
internal static class UnrollLimit
{
    private const long MaximumStatements = 256;

    public static Stmt Apply(Stmt stmt) => Limit(stmt).Stmt;

    /// <summary>The statement, and how many it becomes.</summary>
    private static (Stmt Stmt, long Size) Limit(Stmt stmt)
    {
        switch (stmt)
        {
            case Block b:
                var parts = b.Statements.Select(Limit).ToList();
                return (Stmt.Sequence(parts.Select(p => p.Stmt)), parts.Sum(p => p.Size));
            case For f:
                var (body, size) = Limit(f.Body);
                if (f.Kind != LoopKind.Unrolled)
                    return (f with { Body = body }, size + 1);
                return f is { Begin: IntConst { Value: var begin }, End: IntConst { Value: var end } } && end - begin <= MaximumStatements / size
                    ? (f with { Body = body }, Math.Max(1, (end - begin) * size))
                    : (f with { Body = body, Kind = LoopKind.Serial }, size + 1);
            case LetStmt l:
                var (inLet, letSize) = Limit(l.Body);
                return (l with { Body = inLet }, letSize + 1);
            case Allocate a:
                var (inAllocate, allocateSize) = Limit(a.Body);
                return (a with { Body = inAllocate }, allocateSize + 1);
            case If i:
                var (then, thenSize) = Limit(i.Then);
                var (other, otherSize) = i.Else is null ? (null, 0) : Limit(i.Else);
                return (new If(i.Condition, then, other), thenSize + otherSize + 1);
            default:
                return (stmt, 1);
        }
    }
}
