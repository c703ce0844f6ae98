using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>A statement of the loop language.</summary>
public abstract record Stmt
{
    public static Stmt Sequence(params IEnumerable<Stmt> statements)
    {
        var flat = statements.SelectMany(s => s is Block block ? block.Statements : [s]).ToEquatableArray();
        return flat.Count == 1 ? flat[0] : new Block(flat);
    }

    public sealed override string ToString() => LoopText.Print(this);
}

/// <summary>Statements one after another; none is the empty statement.</summary>
public sealed record Block(EquatableArray<Stmt> Statements) : Stmt;

/// <summary>Runs the body for every value of the variable from Begin to End - 1.</summary>
public sealed record For(Var Var, Expr Begin, Expr End, LoopKind Kind, Stmt Body) : Stmt
{
    /// <summary>A loop from 0; the body is made from the variable.</summary>
    public static Stmt Of(string name, Expr extent, LoopKind kind, Func<Var, Stmt> body)
    {
        var i = new Var(name);
        return new For(i, 0, extent, kind, body(i));
    }
}

/// <summary>Writes <c>Buffer[Indices] = Value</c>; lanes as in <see cref="Load"/>.</summary>
public sealed record Store(Buffer Buffer, EquatableArray<Expr> Indices, Expr Value) : Stmt;

/// <summary>
/// Asks for the memory around an element, which will be read or written soon. Changes no value; targets may ignore it. The indices are scalars, and
/// the element that they count to in row-major order is within the buffer.
/// </summary>
public sealed record Prefetch(Buffer Buffer, EquatableArray<Expr> Indices) : Stmt;

/// <summary>Binds a variable for the statements of the body.</summary>
public sealed record LetStmt(Var Var, Expr Value, Stmt Body) : Stmt;

/// <summary>The condition is a scalar bool.</summary>
public sealed record If(Expr Condition, Stmt Then, Stmt? Else = null) : Stmt;

/// <summary>A Local buffer for the statements of the body; its contents are undefined at first.</summary>
public sealed record Allocate(Buffer Buffer, Stmt Body) : Stmt;
