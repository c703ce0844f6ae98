using System.Text;
using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>Writes expressions in the text form of the loop language, with as few parentheses as its precedences allow.</summary>
internal sealed class ExprPrinter(StringBuilder text)
{
    public ExprPrinter Expr(Expr expr, int atLeast = LoopWords.LoosestPrecedence)
    {
        bool parentheses = Precedence(expr) < atLeast;
        if (parentheses)
            text.Append('(');
        switch (expr)
        {
            case IntConst c: text.Append(Literals.Print(c)); break;
            case FloatConst c: text.Append(Literals.Print(c)); break;
            case Var v: text.Append(Literals.Name(v.Name)); break;
            case Unary { Op: UnaryOp.Neg, A: IntConst or FloatConst } u:
                // "-3" is a constant, "-(3)" a negation.
                Function("-", u.A);
                break;
            case Unary { Op: UnaryOp.Neg or UnaryOp.Not } u:
                text.Append(u.Op == UnaryOp.Neg ? '-' : '!');
                Expr(u.A, LoopWords.UnaryPrecedence);
                break;
            case Unary u: Function(LoopWords.UnaryFunctions[u.Op], u.A); break;
            case Binary b when LoopWords.Infix.TryGetValue(b.Op, out var infix):
                Infix(infix.Sign, b.A, infix.Precedence, b.B, infix.Precedence + 1);
                break;
            case Binary b: Function(LoopWords.BinaryFunctions[b.Op], b.A, b.B); break;
            case Compare c:
                Infix(LoopWords.Comparisons[c.Op], c.A, LoopWords.ComparePrecedence + 1, c.B, LoopWords.ComparePrecedence + 1);
                break;
            case Select s: Function("select", s.Condition, s.Then, s.Else); break;
            case Cast c: Function(c.To.Name, c.A); break;
            case Bitcast c: Function($"bits.{c.To.Name}", c.A); break;
            case Load l: Element(l.Buffer, l.Indices); break;
            case Ramp r:
                text.Append("ramp(");
                List([r.Base, r.Stride]);
                text.Append(", ").Append(r.Count).Append(')');
                break;
            case Broadcast b:
                text.Append("broadcast(");
                Expr(b.A);
                text.Append(", ").Append(b.Count).Append(')');
                break;
            case Horizontal h: Function(LoopWords.Horizontals[h.Op], h.A); break;
            case Shuffle s:
                text.Append("shuffle(");
                List([s.A, s.B]);
                text.Append(", ").Append(string.Join(", ", s.Picks)).Append(')');
                break;
            case Dot4 d: Function("dot4", d.Sum, d.Data, d.Weights); break;
            case FloorFma f: Function("floorfma", f.A, f.B, f.C); break;
            case Pack p: Function($"pack.{p.To.Name}", p.A, p.B, p.C, p.D); break;
            case Call c: Function(LoopWords.Intrinsics[c.Function], c.Arguments.AsSpan()); break;
            case Let l:
                text.Append("(let ");
                Binding(l.Name, l.Value);
                text.Append(" in ");
                Expr(l.Body);
                text.Append(')');
                break;
            case Reduce r: Reduction(r); break;
            default: throw new InternalException("LATHE4100", $"the printer of loops does not know the expression {expr.GetType().Name}");
        }
        if (parentheses)
            text.Append(')');
        return this;
    }

    public override string ToString() => text.ToString();

    /// <summary>An element of a buffer.</summary>
    public void Element(Buffer buffer, EquatableArray<Expr> indices)
    {
        text.Append(Literals.Name(buffer.Name)).Append('[');
        List(indices.AsSpan());
        text.Append(']');
    }

    /// <summary><c>a = value</c>, with the variable's type where the value's is another.</summary>
    public void Binding(Var variable, Expr value)
    {
        Variable(variable, value.Type);
        text.Append(" = ");
        Expr(value);
    }

    /// <summary>A variable where it is bound, with its type where that is not the <paramref name="expected"/> one.</summary>
    public void Variable(Var variable, ExprType expected)
    {
        text.Append(Literals.Name(variable.Name));
        if (variable.Of != expected)
            text.Append(": ").Append(variable.Of);
    }

    private void Reduction(Reduce reduce)
    {
        text.Append(LoopWords.Reductions[reduce.Op]).Append('(');
        for (int i = 0; i < reduce.Axes.Count; i++)
        {
            text.Append(i > 0 ? ", " : "");
            Variable(reduce.Axes[i].Var, ExprType.Index);
            text.Append(" in 0..").Append(reduce.Axes[i].Extent);
        }
        text.Append(": ");
        Expr(reduce.Body);
        text.Append(')');
    }

    private void Infix(string sign, Expr a, int precedenceOfA, Expr b, int precedenceOfB)
    {
        Expr(a, precedenceOfA);
        text.Append(' ').Append(sign).Append(' ');
        Expr(b, precedenceOfB);
    }

    private void Function(string name, params ReadOnlySpan<Expr> arguments)
    {
        text.Append(name).Append('(');
        List(arguments);
        text.Append(')');
    }

    private void List(ReadOnlySpan<Expr> items)
    {
        for (int i = 0; i < items.Length; i++)
        {
            text.Append(i > 0 ? ", " : "");
            Expr(items[i]);
        }
    }

    private static int Precedence(Expr expr) => expr switch
    {
        Binary b when LoopWords.Infix.TryGetValue(b.Op, out var infix) => infix.Precedence,
        Compare => LoopWords.ComparePrecedence,
        Unary { Op: UnaryOp.Neg or UnaryOp.Not } => LoopWords.UnaryPrecedence,
        _ => LoopWords.AtomPrecedence,
    };
}
