namespace Lathe.Loops.Managed;

/// <summary>What a statement uses and does not itself bind.</summary>
internal static class FreeNames
{
    public static (IReadOnlyList<Var> Variables, IReadOnlyList<Buffer> Buffers) Of(Stmt body, Var bound)
    {
        var boundVariables = new HashSet<Var> { bound };
        var boundBuffers = new HashSet<string>();
        var variables = new HashSet<Var>();
        var buffers = new Dictionary<string, Buffer>();
        foreach (var s in body.Descendants())
        {
            if (s is For f)
                boundVariables.Add(f.Var);
            if (s is LetStmt l)
                boundVariables.Add(l.Var);
            if (s is Allocate a)
                boundBuffers.Add(a.Buffer.Name);
            if (s is Store st)
                buffers[st.Buffer.Name] = st.Buffer;
        }
        foreach (var e in body.Descendants().SelectMany(s => s.Expressions).SelectMany(e => e.Descendants()))
        {
            if (e is Let l)
                boundVariables.Add(l.Name);
            if (e is Var v)
                variables.Add(v);
            if (e is Load load)
                buffers[load.Buffer.Name] = load.Buffer;
        }
        variables.ExceptWith(boundVariables);
        return ([.. variables], [.. buffers.Values.Where(b => !boundBuffers.Contains(b.Name))]);
    }
}
