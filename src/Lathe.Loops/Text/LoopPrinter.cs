using System.Globalization;
using System.Text;
using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>Writes the text form of the loop language, with as few parentheses as its precedences allow.</summary>
internal sealed class LoopPrinter(StringBuilder text)
{
    public LoopPrinter Kernel(Kernel kernel)
    {
        text.Append("kernel ").Append(Name(kernel.Name));
        Buffers(kernel.Inputs);
        text.Append(" -> ");
        Buffers(kernel.Outputs);
        if (kernel.Scratch.Count > 0)
        {
            text.Append(" scratch ");
            Buffers(kernel.Scratch);
        }
        Braces(kernel.Body, 0);
        text.Append('\n');
        return this;
    }

    /// <summary>The statements of a body, a line each; the braces around them are the caller's.</summary>
    public LoopPrinter Body(Stmt body, int indent)
    {
        // A body of one statement stands for the statement itself, so a block of one needs its own braces.
        if (body is Block { Statements: { Count: not 1 } statements })
        {
            foreach (var statement in statements)
                Statement(statement, indent);
        }
        else
        {
            Statement(body, indent);
        }
        return this;
    }

    public LoopPrinter Expr(Expr expr, int atLeast = LoopWords.LoosestPrecedence)
    {
        bool parentheses = Precedence(expr) < atLeast;
        if (parentheses)
            text.Append('(');
        switch (expr)
        {
            case IntConst c: text.Append(Integer(c)); break;
            case FloatConst c: text.Append(Float(c)); break;
            case Var v: text.Append(Name(v.Name)); break;
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
            case Int24 n: Function("int24", n.Bytes); break;
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

    private void Statement(Stmt statement, int indent)
    {
        text.Append(' ', indent);
        switch (statement)
        {
            case Block b:
                text.Append('{');
                foreach (var inner in b.Statements)
                {
                    text.Append(text[^1] == '{' ? "\n" : "");
                    Statement(inner, indent + 2);
                }
                text.Append(b.Statements.Count > 0 ? new string(' ', indent) : " ").Append('}');
                break;
            case For f:
                text.Append(LoopWords.Loops[f.Kind]).Append(' ');
                Variable(f.Var, ExprType.Index);
                text.Append(" in ");
                Expr(f.Begin);
                text.Append("..");
                Expr(f.End);
                Braces(f.Body, indent);
                break;
            case Store s:
                Element(s.Buffer, s.Indices);
                text.Append(" = ");
                Expr(s.Value);
                break;
            case Prefetch p:
                text.Append("prefetch ");
                Element(p.Buffer, p.Indices);
                break;
            case LetStmt l:
                text.Append("let ");
                Binding(l.Var, l.Value);
                Braces(l.Body, indent);
                break;
            case If i:
                text.Append("if ");
                Expr(i.Condition);
                Braces(i.Then, indent);
                if (i.Else is { } otherwise)
                {
                    text.Append(" else");
                    Braces(otherwise, indent);
                }
                break;
            case Allocate a:
                text.Append("local ");
                Declaration(a.Buffer);
                Braces(a.Body, indent);
                break;
            default: throw new InternalException("LATHE4100", $"the printer of loops does not know the statement {statement.GetType().Name}");
        }
        text.Append('\n');
    }

    private void Braces(Stmt body, int indent)
    {
        text.Append(" {\n");
        Body(body, indent + 2);
        text.Append(' ', indent).Append('}');
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

    private void Element(Buffer buffer, EquatableArray<Expr> indices)
    {
        text.Append(Name(buffer.Name)).Append('[');
        List(indices.AsSpan());
        text.Append(']');
    }

    private void List(ReadOnlySpan<Expr> items)
    {
        for (int i = 0; i < items.Length; i++)
        {
            text.Append(i > 0 ? ", " : "");
            Expr(items[i]);
        }
    }

    private void Binding(Var variable, Expr value)
    {
        Variable(variable, value.Type);
        text.Append(" = ");
        Expr(value);
    }

    private void Variable(Var variable, ExprType expected)
    {
        text.Append(Name(variable.Name));
        if (variable.Of != expected)
            text.Append(": ").Append(variable.Of);
    }

    private void Buffers(EquatableArray<Buffer> buffers)
    {
        text.Append('(');
        for (int i = 0; i < buffers.Count; i++)
        {
            text.Append(i > 0 ? ", " : "");
            Declaration(buffers[i]);
        }
        text.Append(')');
    }

    private void Declaration(Buffer buffer)
    {
        text.Append(Name(buffer.Name)).Append(": ").Append(buffer.Element.Name).Append('[').AppendJoin(", ", buffer.Shape).Append(']');
        if (buffer.Strides.Count > 0)
            text.Append(" strides [").AppendJoin(", ", buffer.Strides).Append(']');
    }

    private static int Precedence(Expr expr) => expr switch
    {
        Binary b when LoopWords.Infix.TryGetValue(b.Op, out var infix) => infix.Precedence,
        Compare => LoopWords.ComparePrecedence,
        Unary { Op: UnaryOp.Neg or UnaryOp.Not } => LoopWords.UnaryPrecedence,
        _ => LoopWords.AtomPrecedence,
    };

    private static string Integer(IntConst c) => c switch
    {
        { Of: DType.Bool, Value: 0 } => "false",
        { Of: DType.Bool, Value: 1 } => "true",
        { Of: DType.Int64 } => c.Value.ToString(CultureInfo.InvariantCulture),
        _ => c.Value.ToString(CultureInfo.InvariantCulture) + c.Of.Name,
    };

    private static string Float(FloatConst c) => c.Value switch
    {
        double.PositiveInfinity => $"inf_{c.Of.Name}",
        double.NegativeInfinity => $"-inf_{c.Of.Name}",
        double.NaN => $"nan_{c.Of.Name}",
        _ => c.Value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e') + c.Of.Name,
    };

    private static string Name(string name)
    {
        if (LoopWords.IsPlainName(name))
            return name;
        var quoted = new StringBuilder("`");
        foreach (char c in name)
            quoted.Append(c is '`' or '\\' ? $"\\{c}" : c == '\n' ? "\\n" : c.ToString());
        return quoted.Append('`').ToString();
    }
}
