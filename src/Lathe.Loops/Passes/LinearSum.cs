using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>
/// An i64 scalar as a sum of terms with constant factors and a constant: <c>3*i - j + 7</c>. Arithmetic wraps, as that of
/// the expressions does, so a sum always has the value of the expression it was made from.
/// </summary>
internal sealed class LinearSum
{
    private readonly List<(Expr Term, long Factor)> _terms = [];

    public long Constant { get; private set; }

    public IReadOnlyList<(Expr Term, long Factor)> Terms => _terms;

    public bool IsConstant => _terms.Count == 0;

    public static LinearSum Of(Expr expr)
    {
        var sum = new LinearSum();
        sum.Add(expr, 1);
        return sum;
    }

    /// <summary>The number of an element in its buffer's memory.</summary>
    public static LinearSum OfElement(Buffer buffer, EquatableArray<Expr> indices)
    {
        if (indices.Count != buffer.Rank)
            throw new InternalException("LATHE4310", $"{buffer.Name} has {buffer.Rank} axes and is read or written with {indices.Count} indices");
        var sum = new LinearSum();
        for (int i = buffer.Rank - 1; i >= 0; i--)
            sum.Add(indices[i], buffer.StrideOf(i));
        return sum;
    }

    public LinearSum Minus(LinearSum other)
    {
        var result = new LinearSum();
        result.Add(this, 1);
        result.Add(other, -1);
        return result;
    }

    public void Add(LinearSum other, long factor)
    {
        foreach (var (term, f) in other._terms)
            AddTerm(term, unchecked(f * factor));
        Constant = unchecked(Constant + (other.Constant * factor));
    }

    public void Add(Expr expr, long factor)
    {
        switch (expr)
        {
            case IntConst c:
                Constant = unchecked(Constant + (c.Value * factor));
                break;
            case Binary { Op: BinaryOp.Add } b:
                Add(b.A, factor);
                Add(b.B, factor);
                break;
            case Binary { Op: BinaryOp.Sub } b:
                Add(b.A, factor);
                Add(b.B, unchecked(-factor));
                break;
            case Binary { Op: BinaryOp.Mul, B: IntConst c } b:
                Add(b.A, unchecked(factor * c.Value));
                break;
            case Binary { Op: BinaryOp.Mul, A: IntConst c } b:
                Add(b.B, unchecked(factor * c.Value));
                break;
            case Unary { Op: UnaryOp.Neg } u:
                Add(u.A, unchecked(-factor));
                break;
            default:
                AddTerm(expr, factor);
                break;
        }
    }

    /// <summary>Puts k*x in place of k*c*(x // c) + k*(x % c); the quotient is as the function writes it.</summary>
    public void JoinQuotientsAndRemainders(Func<Expr, long, Expr> floorDiv)
    {
        for (int i = 0; i < _terms.Count; i++)
        {
            if (_terms[i] is not (Binary { Op: BinaryOp.FloorMod, A: var x, B: IntConst { Value: > 0 } c }, var factor))
                continue;
            if (_terms.Count < 2)
                return;
            var quotient = floorDiv(x, c.Value);
            if (!_terms.Contains((quotient, unchecked(factor * c.Value))))
                continue;
            _terms.RemoveAt(i);
            _terms.Remove((quotient, unchecked(factor * c.Value)));
            Add(x, factor);
            i = -1;
        }
    }

    /// <summary>The sum as multiple * Quotient + Remainder; factors and constant of the remainder are from 0 to multiple - 1, or all that is not divisible.</summary>
    public (LinearSum Quotient, LinearSum Remainder) Divide(long multiple)
    {
        var (quotient, remainder) = (new LinearSum(), new LinearSum());
        foreach (var (term, factor) in _terms)
        {
            if (factor % multiple == 0)
                quotient.AddTerm(term, factor / multiple);
            else
                remainder.AddTerm(term, factor);
        }
        long rest = Constant % multiple;
        rest = rest < 0 ? rest + multiple : rest;
        remainder.Constant = rest;
        quotient.Constant = (long)Interval.FloorDiv(Constant, multiple);
        return (quotient, remainder);
    }

    /// <summary>The range of the sum before any wrapping.</summary>
    public Interval Range(Func<Expr, Interval> rangeOf)
    {
        var range = Interval.Of(Constant);
        foreach (var (term, factor) in _terms)
            range += rangeOf(term) * factor;
        return range;
    }

    /// <summary>Terms by ascending rank, so that what changes least often comes first; the constant is last.</summary>
    public Expr ToExpr(Func<Expr, int> rank)
    {
        var ordered = _terms.OrderBy(t => rank(t.Term)).ToList();
        int first = ordered.FindIndex(t => t.Factor > 0);
        Expr? sum = null;
        if (first >= 0)
        {
            sum = ordered[first].Term * ordered[first].Factor;
            ordered.RemoveAt(first);
        }
        bool constantFirst = sum is null && Constant != 0;
        sum ??= constantFirst ? Constant : null;
        foreach (var (term, factor) in ordered)
        {
            if (sum is null)
                sum = factor == -1 ? -term : term * factor;
            else
                sum = factor is < 0 and not long.MinValue ? sum - (term * -factor) : sum + (term * factor);
        }
        return sum is null ? Constant : constantFirst ? sum : sum + Constant;
    }

    private void AddTerm(Expr term, long factor)
    {
        int at = _terms.FindIndex(t => t.Term == term);
        long total = unchecked(factor + (at < 0 ? 0 : _terms[at].Factor));
        if (at >= 0 && total == 0)
            _terms.RemoveAt(at);
        else if (at >= 0)
            _terms[at] = (term, total);
        else if (total != 0)
            _terms.Add((term, total));
    }
}
