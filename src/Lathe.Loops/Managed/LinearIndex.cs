using Lathe.Tensors;

namespace Lathe.Loops.Managed;

/// <summary>The number of an element in its buffer as a constant and multiples of expressions that are no sums.</summary>
internal sealed class LinearIndex
{
    private readonly List<(Expr Atom, long Scale)> _terms = [];

    public long Constant { get; private set; }

    public IReadOnlyList<(Expr Atom, long Scale)> Terms => _terms;

    public static LinearIndex Of(Buffer b, EquatableArray<Expr> indices)
    {
        if (indices.Count != b.Rank)
            throw new InternalException("LATHE4310", $"{b.Name} has {b.Rank} axes and is read or written with {indices.Count} indices");
        var result = new LinearIndex();
        for (int i = b.Rank - 1; i >= 0; i--)
            result.Add(indices[i], b.StrideOf(i));
        return result;
    }

    private void Add(Expr e, long scale)
    {
        switch (e)
        {
            case IntConst c:
                Constant += c.Value * scale;
                break;
            case Binary { Op: BinaryOp.Add } sum:
                Add(sum.A, scale);
                Add(sum.B, scale);
                break;
            case Binary { Op: BinaryOp.Sub } difference:
                Add(difference.A, scale);
                Add(difference.B, -scale);
                break;
            case Binary { Op: BinaryOp.Mul, A: var a, B: IntConst c }:
                Add(a, c.Value * scale);
                break;
            case Binary { Op: BinaryOp.Mul, A: IntConst c, B: var b }:
                Add(b, c.Value * scale);
                break;
            case Unary { Op: UnaryOp.Neg } negated:
                Add(negated.A, -scale);
                break;
            default:
                AddAtom(e, scale);
                break;
        }
    }

    private void AddAtom(Expr e, long scale)
    {
        int known = _terms.FindIndex(t => t.Atom == e);
        if (known < 0)
            _terms.Add((e, scale));
        else
            _terms[known] = (e, _terms[known].Scale + scale);
    }
}
