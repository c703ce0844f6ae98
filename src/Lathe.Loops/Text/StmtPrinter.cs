using System.Text;
using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>Writes kernels and statements in the text form of the loop language.</summary>
internal sealed class StmtPrinter
{
    private readonly StringBuilder _text = new();
    private readonly ExprPrinter _expressions;

    public StmtPrinter() => _expressions = new(_text);

    public StmtPrinter Kernel(Kernel kernel)
    {
        _text.Append("kernel ").Append(Literals.Name(kernel.Name));
        Buffers(kernel.Inputs);
        _text.Append(" -> ");
        Buffers(kernel.Outputs);
        if (kernel.Scratch.Count > 0)
        {
            _text.Append(" scratch ");
            Buffers(kernel.Scratch);
        }
        Braces(kernel.Body, 0);
        _text.Append('\n');
        return this;
    }

    /// <summary>The statements of a body, a line each; the braces around them are the caller's.</summary>
    public StmtPrinter Body(Stmt body, int indent)
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

    public override string ToString() => _text.ToString();

    private void Statement(Stmt statement, int indent)
    {
        _text.Append(' ', indent);
        switch (statement)
        {
            case Block b:
                _text.Append('{');
                foreach (var inner in b.Statements)
                {
                    _text.Append(_text[^1] == '{' ? "\n" : "");
                    Statement(inner, indent + 2);
                }
                _text.Append(b.Statements.Count > 0 ? new string(' ', indent) : " ").Append('}');
                break;
            case For f:
                _text.Append(LoopWords.Loops[f.Kind]).Append(' ');
                _expressions.Variable(f.Var, ExprType.Index);
                _text.Append(" in ");
                _expressions.Expr(f.Begin);
                _text.Append("..");
                _expressions.Expr(f.End);
                Braces(f.Body, indent);
                break;
            case Store s:
                _expressions.Element(s.Buffer, s.Indices);
                _text.Append(" = ");
                _expressions.Expr(s.Value);
                break;
            case Prefetch p:
                _text.Append("prefetch ");
                _expressions.Element(p.Buffer, p.Indices);
                break;
            case LetStmt l:
                _text.Append("let ");
                _expressions.Binding(l.Var, l.Value);
                Braces(l.Body, indent);
                break;
            case If i:
                _text.Append("if ");
                _expressions.Expr(i.Condition);
                Braces(i.Then, indent);
                if (i.Else is { } otherwise)
                {
                    _text.Append(" else");
                    Braces(otherwise, indent);
                }
                break;
            case Allocate a:
                _text.Append("local ");
                Declaration(a.Buffer);
                Braces(a.Body, indent);
                break;
            default: throw new InternalException("LATHE4100", $"the printer of loops does not know the statement {statement.GetType().Name}");
        }
        _text.Append('\n');
    }

    private void Braces(Stmt body, int indent)
    {
        _text.Append(" {\n");
        Body(body, indent + 2);
        _text.Append(' ', indent).Append('}');
    }

    private void Buffers(EquatableArray<Buffer> buffers)
    {
        _text.Append('(');
        for (int i = 0; i < buffers.Count; i++)
        {
            _text.Append(i > 0 ? ", " : "");
            Declaration(buffers[i]);
        }
        _text.Append(')');
    }

    private void Declaration(Buffer buffer)
    {
        _text.Append(Literals.Name(buffer.Name)).Append(": ").Append(buffer.Element.Name).Append('[').AppendJoin(", ", buffer.Shape).Append(']');
        if (buffer.Strides.Count > 0)
            _text.Append(" strides [").AppendJoin(", ", buffer.Strides).Append(']');
    }
}
