namespace Lathe.Loops.Managed;

/// <summary>
/// Replaces short Unrolled loops by copies of their body, so that indices of small Local buffers become constants.
/// Long ones become serial loops: the just-in-time compiler stops optimizing large functions.
/// </summary>
internal static class Unroll
{
    private const int MaximumStatements = 256;

    public static Stmt Run(Stmt s) => s switch
    {
        Block b => Stmt.Sequence(b.Statements.Select(Run)),
        For f => Loop(f with { Body = Run(f.Body) }),
        LetStmt l => l with { Body = Run(l.Body) },
        If i => i with { Then = Run(i.Then), Else = i.Else is null ? null : Run(i.Else) },
        Allocate a => a with { Body = Run(a.Body) },
        _ => s,
    };

    private static Stmt Loop(For f)
    {
        if (f is not { Kind: LoopKind.Unrolled, Begin: IntConst { Value: var begin }, End: IntConst { Value: var end } })
            return f;
        int size = f.Body.Descendants().Count();
        if (end - begin > MaximumStatements / size)
            return f with { Kind = LoopKind.Serial };
        var copies = new List<Stmt>();
        for (long i = begin; i < end; i++)
            copies.Add(f.Body.Substitute(new Dictionary<Var, Expr> { [f.Var] = i }));
        return Stmt.Sequence(copies);
    }
}
