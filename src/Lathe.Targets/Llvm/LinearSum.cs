namespace Lathe.Targets.Llvm;

/// <summary>A sum of values times factors and a constant. Terms of outer loops come first, so that their sum leaves inner loops.</summary>
internal sealed class LinearSum
{
    private readonly List<(IrValue Value, long Factor, int Depth)> _terms = [];

    public long Constant { get; set; }

    public IEnumerable<(IrValue Value, long Factor)> Terms =>
        _terms.Where(t => t.Factor != 0).OrderBy(t => t.Depth).Select(t => (t.Value, t.Factor));

    public void Add(IrValue value, long factor, int depth)
    {
        int at = _terms.FindIndex(t => t.Value.Text == value.Text);
        if (at < 0)
            _terms.Add((value, factor, depth));
        else
            _terms[at] = (value, _terms[at].Factor + factor, Math.Min(depth, _terms[at].Depth));
    }
}
