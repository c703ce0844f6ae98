using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>
/// Puts the iterations of Unrolled loops one after another, with the variable's value in its place. Indices fold to
/// constants, values known by then go into the lets' bodies, and branches that are decided go. Each copy gets
/// names of its own for what it binds.
/// </summary>
public static class UnrollLoops
{
    public static Kernel Run(Kernel kernel)
    {
        var copies = new Copies(new FreshNames(kernel));
        return kernel with { Body = copies.Unroll(kernel.Body) };
    }

    private sealed class Copies(FreshNames names)
    {
        /// <summary>Unrolls from the inside out.</summary>
        public Stmt Unroll(Stmt stmt) => stmt switch
        {
            For { Kind: LoopKind.Unrolled } loop => Expand(loop, Unroll(loop.Body)),
            For s => s with { Body = Unroll(s.Body) },
            Block s => Stmt.Sequence(s.Statements.Select(Unroll)),
            LetStmt s => s with { Body = Unroll(s.Body) },
            If s => s with { Then = Unroll(s.Then), Else = s.Else is null ? null : Unroll(s.Else) },
            Allocate s => s with { Body = Unroll(s.Body) },
            _ => stmt,
        };

        private Stmt Expand(For loop, Stmt body)
        {
            if (loop is not { Begin: IntConst { Value: var begin }, End: IntConst { Value: var end } })
                throw new InternalException("LATHE4007", $"the unrolled loop over {loop.Var.Name} has bounds that are not constants: {loop.Begin}..{loop.End}");
            var copies = new List<Stmt>();
            for (long i = begin; i < end; i++)
                copies.Add(Copy(body, new Scope(ImmutableDictionary<Var, Expr>.Empty.Add(loop.Var, i), ImmutableDictionary<Buffer, Buffer>.Empty)));
            return Stmt.Sequence(copies);
        }

        private Stmt Copy(Stmt stmt, Scope scope) => stmt switch
        {
            Block s => Stmt.Sequence(s.Statements.Select(inner => Copy(inner, scope))),
            For s => CopyLoop(s, scope),
            Store s => scope.Of(s.Buffer).Store(s.Indices.Select(e => Copy(e, scope)), Copy(s.Value, scope)),
            Prefetch s => new Prefetch(scope.Of(s.Buffer), s.Indices.Select(e => Copy(e, scope)).ToEquatableArray()),
            LetStmt s => CopyLet(s, scope),
            If s => CopyIf(s, scope),
            Allocate s => CopyAllocate(s, scope),
            _ => throw new InternalException("LATHE4003", $"the statement {stmt.GetType().Name} is not known"),
        };

        private For CopyLoop(For loop, Scope scope)
        {
            var variable = loop.Var with { Name = names.Make(loop.Var.Name) };
            return new For(variable, Copy(loop.Begin, scope), Copy(loop.End, scope), loop.Kind, Copy(loop.Body, scope.With(loop.Var, variable)));
        }

        private Stmt CopyLet(LetStmt let, Scope scope)
        {
            var value = Copy(let.Value, scope);
            if (value is IntConst or FloatConst or Var)
                return Copy(let.Body, scope.With(let.Var, value));
            var variable = let.Var with { Name = names.Make(let.Var.Name) };
            return new LetStmt(variable, value, Copy(let.Body, scope.With(let.Var, variable)));
        }

        private Stmt CopyIf(If branch, Scope scope)
        {
            var condition = Copy(branch.Condition, scope);
            if (condition is not IntConst decided)
                return new If(condition, Copy(branch.Then, scope), branch.Else is null ? null : Copy(branch.Else, scope));
            if (decided.Value != 0)
                return Copy(branch.Then, scope);
            return branch.Else is null ? new Block([]) : Copy(branch.Else, scope);
        }

        private Allocate CopyAllocate(Allocate allocate, Scope scope)
        {
            var buffer = allocate.Buffer with { Name = names.Make(allocate.Buffer.Name) };
            return new Allocate(buffer, Copy(allocate.Body, scope with { Buffers = scope.Buffers.SetItem(allocate.Buffer, buffer) }));
        }

        private Expr Copy(Expr expr, Scope scope) => expr.Rewrite(e => e switch
        {
            Var v => scope.Variables.GetValueOrDefault(v),
            Let l => CopyLet(l, scope),
            Load l => scope.Of(l.Buffer)[l.Indices.Select(i => Copy(i, scope))],
            _ => null,
        });

        private Expr CopyLet(Let let, Scope scope)
        {
            var value = Copy(let.Value, scope);
            if (value is IntConst or FloatConst or Var)
                return Copy(let.Body, scope.With(let.Name, value));
            var variable = let.Name with { Name = names.Make(let.Name.Name) };
            return new Let(variable, value, Copy(let.Body, scope.With(let.Name, variable)));
        }
    }

    private sealed record Scope(ImmutableDictionary<Var, Expr> Variables, ImmutableDictionary<Buffer, Buffer> Buffers)
    {
        public Scope With(Var variable, Expr value) => this with { Variables = Variables.SetItem(variable, value) };

        public Buffer Of(Buffer buffer) => Buffers.GetValueOrDefault(buffer, buffer);
    }
}
