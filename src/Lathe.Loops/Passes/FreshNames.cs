namespace Lathe.Loops;

/// <summary>Makes names that a kernel or an expression does not use yet.</summary>
internal sealed class FreshNames
{
    private readonly HashSet<string> _taken = [];
    private readonly Dictionary<string, int> _next = [];

    public FreshNames(Expr expr) => Take(expr);

    public FreshNames(Kernel kernel)
    {
        foreach (var buffer in kernel.Parameters)
            _taken.Add(buffer.Name);
        foreach (var stmt in kernel.Body.Descendants())
        {
            _ = stmt switch
            {
                For s => _taken.Add(s.Var.Name),
                LetStmt s => _taken.Add(s.Var.Name),
                Allocate s => _taken.Add(s.Buffer.Name),
                _ => false,
            };
            foreach (var expr in stmt.Expressions)
                Take(expr);
        }
    }

    /// <summary>The stem with the lowest number that makes it new.</summary>
    public string Make(string stem)
    {
        int number = _next.GetValueOrDefault(stem);
        string name;
        do
            name = $"{stem}_{number++}";
        while (!_taken.Add(name));
        _next[stem] = number;
        return name;
    }

    private void Take(Expr expr)
    {
        foreach (var e in expr.Descendants())
        {
            _ = e switch
            {
                Var v => _taken.Add(v.Name),
                Let l => _taken.Add(l.Name.Name),
                _ => false,
            };
        }
    }
}
