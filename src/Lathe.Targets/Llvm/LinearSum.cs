namespace Lathe.Targets.Llvm;

/// <summary>A sum of values times factors and a constant. Terms of outer loops come first, so that their sum leaves inner loops.</summary>
internal sealed class LinearSum
{
    private readonly List<(IrValue Value, long Factor, int Depth)> _terms = [];
    private int _computed = -1;

    public long Constant { get; set; }

    public IEnumerable<(IrValue Value, long Factor)> Terms =>
        _terms.Where(t => t.Factor != 0).OrderBy(t => t.Depth).Select(t => (t.Value, t.Factor));

    /// <summary>
    /// Takes out the terms down to the loop in which the last computed one is, where loops within loops go on from there: as a pointer of its own it is not
    /// put together with the inner loops' counters anew at each of their turns, as LLVM does with numbers.
    /// </summary>
    public LinearSum TakeOuter()
    {
        var outer = new LinearSum();
        if (_computed < 0 || _terms.Select(t => t.Depth).Where(d => d > _computed).Distinct().Count() < 2)
            return outer;
        outer._terms.AddRange(_terms.Where(t => t.Depth <= _computed));
        _terms.RemoveAll(t => t.Depth <= _computed);
        return outer;
    }

    /// <param name="value">The term.</param>
    /// <param name="factor">What it is multiplied by.</param>
    /// <param name="depth">Loops around the place where it gets its value.</param>
    /// <param name="computed">Not the counter of a loop.</param>
    public void Add(IrValue value, long factor, int depth, bool computed)
    {
        if (computed)
            _computed = Math.Max(_computed, depth);
        int at = _terms.FindIndex(t => t.Value.Text == value.Text);
        if (at < 0)
            _terms.Add((value, factor, depth));
        else
            _terms[at] = (value, _terms[at].Factor + factor, Math.Min(depth, _terms[at].Depth));
    }
}
