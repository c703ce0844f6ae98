using Lathe.Loops;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Targets.Llvm;

/// <summary>What a statement uses: vectors, variables that are bound outside of it, buffers.</summary>
internal sealed class LoopFacts
{
    private readonly HashSet<Expr> _seen = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<string> _bound = [];
    private readonly Dictionary<string, Var> _variables = [];
    private readonly Dictionary<string, Buffer> _buffers = [];
    private bool _usesVectors;

    private LoopFacts(Stmt stmt) => Visit(stmt);

    /// <summary>Whether a statement stores or loads vectors, so that its loops are in their final form.</summary>
    public static bool UsesVectors(Stmt stmt) => new LoopFacts(stmt)._usesVectors;

    /// <summary>The variables and buffers that come from outside, in the order of their first use.</summary>
    public static (IReadOnlyList<Var> Variables, IReadOnlyList<Buffer> Buffers) Free(Stmt stmt)
    {
        var facts = new LoopFacts(stmt);
        return ([.. facts._variables.Values.Where(v => !facts._bound.Contains(v.Name))],
            [.. facts._buffers.Values.Where(b => !facts._bound.Contains(b.Name))]);
    }

    private void Visit(Stmt? stmt)
    {
        switch (stmt)
        {
            case Block block:
                foreach (var statement in block.Statements)
                    Visit(statement);
                break;
            case For loop:
                _bound.Add(loop.Var.Name);
                Visit(loop.Begin);
                Visit(loop.End);
                Visit(loop.Body);
                break;
            case Store store:
                _buffers.TryAdd(store.Buffer.Name, store.Buffer);
                _usesVectors |= store.Value.Lanes > 1;
                Visit(store.Value);
                foreach (var index in store.Indices)
                    Visit(index);
                break;
            case Prefetch prefetch:
                _buffers.TryAdd(prefetch.Buffer.Name, prefetch.Buffer);
                foreach (var index in prefetch.Indices)
                    Visit(index);
                break;
            case LetStmt let:
                _bound.Add(let.Var.Name);
                Visit(let.Value);
                Visit(let.Body);
                break;
            case If branch:
                Visit(branch.Condition);
                Visit(branch.Then);
                Visit(branch.Else);
                break;
            case Allocate allocate:
                _bound.Add(allocate.Buffer.Name);
                Visit(allocate.Body);
                break;
        }
    }

    private void Visit(Expr expr)
    {
        if (!_seen.Add(expr))
            return;
        switch (expr)
        {
            case Var v:
                _variables.TryAdd(v.Name, v);
                break;
            case Unary u:
                Visit(u.A);
                break;
            case Binary b:
                Visit(b.A);
                Visit(b.B);
                break;
            case Compare c:
                Visit(c.A);
                Visit(c.B);
                break;
            case Select s:
                Visit(s.Condition);
                Visit(s.Then);
                Visit(s.Else);
                break;
            case Cast c:
                Visit(c.A);
                break;
            case Bitcast b:
                Visit(b.A);
                break;
            case Load l:
                _buffers.TryAdd(l.Buffer.Name, l.Buffer);
                _usesVectors |= l.Lanes > 1;
                foreach (var index in l.Indices)
                    Visit(index);
                break;
            case Ramp r:
                Visit(r.Base);
                Visit(r.Stride);
                break;
            case Broadcast b:
                Visit(b.A);
                break;
            case Horizontal h:
                Visit(h.A);
                break;
            case Shuffle s:
                Visit(s.A);
                Visit(s.B);
                break;
            case Dot4 d:
                Visit(d.Sum);
                Visit(d.Data);
                Visit(d.Weights);
                break;
            case FloorFma f:
                Visit(f.A);
                Visit(f.B);
                Visit(f.C);
                break;
            case Pack p:
                Visit(p.A);
                Visit(p.B);
                Visit(p.C);
                Visit(p.D);
                break;
            case Call c:
                foreach (var argument in c.Arguments)
                    Visit(argument);
                break;
            case Let l:
                _bound.Add(l.Name.Name);
                Visit(l.Value);
                Visit(l.Body);
                break;
        }
    }
}
