using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>
/// Walks and rebuilds expressions and statements. Rebuilding goes through <see cref="Build"/>, so constants fold and
/// scalars broadcast where a vector has come in.
/// </summary>
public static class Rewriting
{
    extension(Expr expr)
    {
        /// <summary>The direct operands.</summary>
        public IEnumerable<Expr> Children => expr switch
        {
            Unary e => [e.A],
            Binary e => [e.A, e.B],
            Compare e => [e.A, e.B],
            Select e => [e.Condition, e.Then, e.Else],
            Cast e => [e.A],
            Bitcast e => [e.A],
            Load e => e.Indices,
            Ramp e => [e.Base, e.Stride],
            Broadcast e => [e.A],
            Horizontal e => [e.A],
            Shuffle e => [e.A, e.B],
            Dot4 e => [e.Sum, e.Data, e.Weights],
            FloorFma e => [e.A, e.B, e.C],
            Pack e => [e.A, e.B, e.C, e.D],
            Call e => e.Arguments,
            Let e => [e.Value, e.Body],
            Reduce e => [e.Body],
            _ => [],
        };

        /// <summary>The expression and all that it is made of, outermost first.</summary>
        public IEnumerable<Expr> Descendants()
        {
            var stack = new Stack<Expr>([expr]);
            while (stack.TryPop(out var e))
            {
                yield return e;
                foreach (var child in e.Children)
                    stack.Push(child);
            }
        }

        public bool Uses(Var variable) => expr.Descendants().Any(e => e == variable);

        /// <summary>
        /// Puts <paramref name="replace"/>'s result wherever it gives one, outermost first and without looking inside of what it gave;
        /// all else is rebuilt.
        /// </summary>
        public Expr Rewrite(Func<Expr, Expr?> replace)
        {
            if (replace(expr) is { } replaced)
                return replaced;
            Expr Inner(Expr e) => e.Rewrite(replace);
            return expr switch
            {
                Unary e => Build.Unary(e.Op, Inner(e.A)),
                Binary e => Build.Binary(e.Op, Inner(e.A), Inner(e.B)),
                Compare e => Build.Compare(e.Op, Inner(e.A), Inner(e.B)),
                Select e => Build.Select(Inner(e.Condition), Inner(e.Then), Inner(e.Else)),
                Cast e => Build.Cast(e.To, Inner(e.A)),
                Bitcast e => new Bitcast(e.To, Inner(e.A)),
                Load e => new Load(e.Buffer, e.Indices.Select(Inner).ToEquatableArray()),
                Ramp e => new Ramp(Inner(e.Base), Inner(e.Stride), e.Count),
                Broadcast e => Build.ToLanes(Inner(e.A), e.Count),
                Horizontal e => new Horizontal(e.Op, Inner(e.A)),
                Shuffle e => new Shuffle(Inner(e.A), Inner(e.B), e.Picks),
                Dot4 e => new Dot4(Inner(e.Sum), Inner(e.Data), Inner(e.Weights)),
                FloorFma e => Build.FloorFma(Inner(e.A), Inner(e.B), Inner(e.C)),
                Pack e => new Pack(e.To, Inner(e.A), Inner(e.B), Inner(e.C), Inner(e.D)),
                Call e => Build.Call(e.Function, [.. e.Arguments.Select(Inner)]),
                Let e => RebuildLet(e, replace),
                Reduce e => new Reduce(e.Op, e.Axes, Inner(e.Body)),
                _ => expr,
            };
        }

        /// <summary>Puts expressions in place of variables. The expressions must not mention variables that are bound inside.</summary>
        public Expr Substitute(IReadOnlyDictionary<Var, Expr> map) =>
            expr.Rewrite(e => e is Var v && map.TryGetValue(v, out var value) ? value : null);
    }

    extension(Stmt stmt)
    {
        /// <summary>The direct inner statements.</summary>
        public IEnumerable<Stmt> Children => stmt switch
        {
            Block s => s.Statements,
            For s => [s.Body],
            LetStmt s => [s.Body],
            If { Else: { } other } s => [s.Then, other],
            If s => [s.Then],
            Allocate s => [s.Body],
            _ => [],
        };

        /// <summary>The expressions that the statement itself holds, inner statements' left out.</summary>
        public IEnumerable<Expr> Expressions => stmt switch
        {
            For s => [s.Begin, s.End],
            Store s => [.. s.Indices, s.Value],
            Prefetch s => s.Indices,
            LetStmt s => [s.Value],
            If s => [s.Condition],
            _ => [],
        };

        /// <summary>The statement and all inside of it, outermost first.</summary>
        public IEnumerable<Stmt> Descendants()
        {
            var stack = new Stack<Stmt>([stmt]);
            while (stack.TryPop(out var s))
            {
                yield return s;
                foreach (var child in s.Children.Reverse())
                    stack.Push(child);
            }
        }

        /// <summary>As for expressions: replaced statements are not looked into, expressions of the others are rewritten.</summary>
        public Stmt Rewrite(Func<Stmt, Stmt?> replace, Func<Expr, Expr?> replaceExpr)
        {
            if (replace(stmt) is { } replaced)
                return replaced;
            Expr E(Expr e) => e.Rewrite(replaceExpr);
            Stmt S(Stmt s) => s.Rewrite(replace, replaceExpr);
            return stmt switch
            {
                Block s => Stmt.Sequence(s.Statements.Select(S)),
                For s => new For(s.Var, E(s.Begin), E(s.End), s.Kind, S(s.Body)),
                Store s => s.Buffer.Store(s.Indices.Select(E), E(s.Value)),
                Prefetch s => s with { Indices = s.Indices.Select(E).ToEquatableArray() },
                LetStmt s => RebuildLet(s, replace, replaceExpr),
                If s => new If(E(s.Condition), S(s.Then), s.Else is null ? null : S(s.Else)),
                Allocate s => s with { Body = S(s.Body) },
                _ => stmt,
            };
        }

        public Stmt Substitute(IReadOnlyDictionary<Var, Expr> map) =>
            stmt.Rewrite(_ => null, e => e is Var v && map.TryGetValue(v, out var value) ? value : null);
    }

    /// <summary>
    /// A let whose value has become a vector makes its variable one too. The body is walked once: lets nest deeply, and a
    /// walk for each would double with every level.
    /// </summary>
    private static Let RebuildLet(Let let, Func<Expr, Expr?> replace)
    {
        var value = let.Value.Rewrite(replace);
        var name = let.Name with { Of = value.Type };
        return new Let(name, value, let.Body.Rewrite(Renaming(let.Name, name, replace)));
    }

    private static LetStmt RebuildLet(LetStmt let, Func<Stmt, Stmt?> replace, Func<Expr, Expr?> replaceExpr)
    {
        var value = let.Value.Rewrite(replaceExpr);
        var name = let.Var with { Of = value.Type };
        return new LetStmt(name, value, let.Body.Rewrite(replace, Renaming(let.Var, name, replaceExpr)));
    }

    private static Func<Expr, Expr?> Renaming(Var before, Var after, Func<Expr, Expr?> replace) =>
        before == after ? replace : e => replace(e is Var v && v == before ? after : e) ?? (e is Var u && u == before ? after : null);
}
