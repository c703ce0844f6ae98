using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Scheduling;

/// <summary>
/// Loops of a reduction. A long sum of floats is made of partial sums, as small terms get lost in a sum that has grown large: the mean of 640,000
/// float32 values was off by three thousandths when it was summed up in one.
/// </summary>
/// <param name="width">Elements of an accumulator.</param>
/// <param name="places">The vectors that they are, as indices.</param>
internal sealed class PartialSums(KernelDraft draft, Reduce reduce, long width, IReadOnlyList<Expr[]> places)
{
    /// <summary>So many terms are added to one accumulator.</summary>
    public const long MostTerms = 1024;

    /// <summary>Fewer are not worth an accumulator of their own.</summary>
    private const long FewestTerms = 32;

    /// <summary>Of a long axis, so many at least make a partial sum; more where there would be more sums than terms in one.</summary>
    private const long TermsOfBlock = 256;

    private bool IsFloatSum => reduce.Op == ReduceOp.Sum && reduce.Element.IsFloat;

    public Stmt Init(Buffer sum) => Stmt.Sequence(places.Select(p => sum.Store(p, Build.Identity(reduce.Op, reduce.Element))));

    /// <summary>What adds all of some axes to an accumulator, the last axis innermost.</summary>
    /// <param name="terms">How many terms <paramref name="inner"/> adds, one after the other.</param>
    /// <param name="inner">Adds what belongs to one place of the axes.</param>
    public Func<Buffer, Stmt> Over(EquatableArray<ReduceAxis> axes, long terms, Func<Buffer, Stmt> inner)
    {
        var body = inner;
        foreach (var axis in axes.Reverse())
        {
            var (turn, count) = (body, terms);
            body = IsFloatSum && axis.Extent > 1 && count * axis.Extent > MostTerms && count < FewestTerms
                ? sum => Turns(axis.Extent, count, sum, (at, part) => new LetStmt(axis.Var, at, turn(part)))
                : sum => new For(axis.Var, 0, axis.Extent, LoopKind.Serial, IsLong(axis.Extent, count) ? Part(sum, turn) : turn(sum));
            terms = IsLong(axis.Extent, count) ? Math.Min(axis.Extent, MostTerms) : count * axis.Extent;
        }
        return body;
    }

    /// <summary>A loop of turns that each add so many terms to an accumulator.</summary>
    public Stmt Turns(long count, long terms, Buffer sum, Func<Expr, Buffer, Stmt> turn)
    {
        if (!IsLong(count, terms))
            return draft.Loop(count, i => turn(i, sum));
        long block = Math.Max(1, Math.Max(TermsOfBlock, (long)Math.Sqrt(count * terms)) / terms);
        long full = count / block;
        var blocks = draft.Loop(full, b => Part(sum, part => draft.Loop(block, i => turn((b * block) + i, part))));
        return count == full * block ? blocks : Stmt.Sequence(blocks, draft.Loop(count - (full * block), i => turn((full * block) + i, sum)));
    }

    private bool IsLong(long count, long terms) => IsFloatSum && count > 1 && count * terms > MostTerms;

    private Stmt Part(Buffer sum, Func<Buffer, Stmt> add)
    {
        var part = draft.Local(reduce.Element, width);
        return new Allocate(part, Stmt.Sequence(
            Init(part), add(part), Stmt.Sequence(places.Select(p => sum.Store(p, Build.Combine(reduce.Op, sum[p], part[p]))))));
    }
}
