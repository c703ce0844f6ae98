using System.Text;

namespace Lathe.Loops;

/// <summary>
/// The text form of the loop language. What <c>Print</c> writes, <c>ParseKernel</c>, <c>ParseStmt</c> and <c>ParseExpr</c> read back to an
/// equal value. Errors are <see cref="ModelException"/>s with a line and a column.
/// <code>
/// kernel relu(x: f32[4, 8]) -> (y: f32[4, 8]) {
///   parallel i in 0..4 {
///     for j in 0..8 {
///       y[i, j] = max(0f32, x[i, j])
///     }
///   }
/// }
/// </code>
/// i64 constants are plain numbers, others carry their type (<c>3i32</c>, <c>0.5f32</c>, <c>-inf_f32</c>). Names that are not
/// identifiers stand in backquotes. <c>#</c> starts a comment.
/// </summary>
public static class LoopText
{
    public static string Print(Expr expr) => new ExprPrinter(new StringBuilder()).Expr(expr).ToString();

    public static string Print(Stmt stmt) => new StmtPrinter().Body(stmt, 0).ToString();

    public static string Print(Kernel kernel) => new StmtPrinter().Kernel(kernel).ToString();

    public static Kernel ParseKernel(string text)
    {
        var tokens = new LoopTokens(text);
        var kernel = new StmtParser(tokens).Kernel();
        tokens.ExpectEnd();
        return kernel;
    }

    /// <summary>Reads statements that may use the buffers and variables given.</summary>
    public static Stmt ParseStmt(string text, IEnumerable<Buffer>? buffers = null, IEnumerable<Var>? variables = null)
    {
        var tokens = Tokens(text, buffers, variables);
        var body = new StmtParser(tokens).Body();
        tokens.ExpectEnd();
        return body;
    }

    /// <summary>Reads an expression over the buffers and variables given.</summary>
    public static Expr ParseExpr(string text, IEnumerable<Buffer>? buffers = null, IEnumerable<Var>? variables = null)
    {
        var tokens = Tokens(text, buffers, variables);
        var expr = new ExprParser(tokens).Parse();
        tokens.ExpectEnd();
        return expr;
    }

    private static LoopTokens Tokens(string text, IEnumerable<Buffer>? buffers, IEnumerable<Var>? variables)
    {
        var tokens = new LoopTokens(text);
        foreach (var buffer in buffers ?? [])
            tokens.Buffers[buffer.Name] = buffer;
        foreach (var variable in variables ?? [])
            tokens.Variables[variable.Name] = variable;
        return tokens;
    }
}
