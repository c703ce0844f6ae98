using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>What becomes of a contraction's sums: the group's elementwise part, stored where the result belongs.</summary>
/// <param name="draft">The kernel that is being written.</param>
/// <param name="group">The group whose elementwise part it is.</param>
/// <param name="materialized">All values that have memory.</param>
/// <param name="machine">The target's facts.</param>
/// <param name="target">Where to store instead of the result's own memory, for a part of the result that is read in the same kernel.</param>
internal sealed class Epilogue(KernelDraft draft, Group group, IReadOnlySet<Value> materialized, MachineFacts machine, Buffer? target = null)
{
    /// <summary>A result over one in so many of the second-level cache does not wait there.</summary>
    private const int PrefetchShare = 4;

    private readonly Inliner _inliner = new(draft, materialized);
    private readonly Buffer _target = target ?? draft.Output(group.Result);

    /// <summary>Whether the elementwise part calls functions such as tanh, which are long stretches of code each.</summary>
    public bool HasFunctions { get; } = Functions.AreIn(group, materialized);

    /// <summary>
    /// Stores a vector of sums that starts at column <paramref name="first"/>. <paramref name="place"/> is the index of the result without its last
    /// axis; a vector in it stores so many places of one column. <paramref name="into"/> is the index of the memory where that is not the result's own.
    /// </summary>
    public Stmt Store(IReadOnlyList<Expr> place, Expr first, int lanes, Expr sums, IReadOnlyList<Expr>? into = null)
    {
        var sum = new Var("sum", new ExprType(sums.Element));
        var vectors = new Dictionary<Var, Expr> { [sum] = sums };
        Expr Scalar(Expr index)
        {
            var variable = draft.Variable("at");
            vectors.Add(variable, index);
            return variable;
        }
        var column = draft.Variable("col");
        vectors.Add(column, Build.Lane(first, lanes));
        Expr[] index = [.. place.Select(e => e.Lanes > 1 ? Scalar(e) : e), column];
        var value = _inliner.Element(group.Inner, index, group.Anchor!.Output, sum).Substitute(vectors);
        if (into is not null)
            return _target.Store([.. into, Build.Lane(first, lanes)], value);
        return _target.Store(Inside(place.Append(Build.Lane(first, lanes))), value);
    }

    /// <summary>
    /// Asks for what <see cref="Store"/> will read and write at a place, from column <paramref name="first"/> on, if that is too much in all to
    /// be waiting in the second-level cache.
    /// </summary>
    public Stmt Prefetch(IReadOnlyList<Expr> place, Expr first, long columns)
    {
        if (_target.Bytes * PrefetchShare < machine.L2Bytes)
            return Stmt.Sequence();
        var column = draft.Variable("col");
        var sum = new Var("sum", new ExprType(group.Anchor!.Output.Element));
        var reads = _inliner.Element(group.Inner, [.. place, column], group.Anchor!.Output, sum).Descendants().OfType<Load>()
            .Where(l => l.Buffer.ElementCount == group.Inner.Shape.ElementCount)
            .Select(l => (l.Buffer, l.Indices)).Append((Buffer: _target, Indices: Inside([.. place, column]).ToEquatableArray()));
        return Stmt.Sequence(
            from read in reads
            from start in Enumerable.Range(0, (int)columns).Where(c => c % Math.Max(1, machine.LineBytes / read.Buffer.Element.Size) == 0)
            select new Prefetch(read.Buffer, read.Indices.Select(i => i.Substitute(new Dictionary<Var, Expr> { [column] = first + start })).ToEquatableArray()));
    }

    /// <summary>The whole kernel: zeros around the result where it is stored padded, then the body.</summary>
    public LoweredKernel Finish(Stmt body)
    {
        if (group.Halo is { } halo)
            body = Stmt.Sequence(HaloFill.Of(draft, _target, halo, group.Inner.Shape.ToArray(), machine), body);
        return draft.Finish(Labels.Of(group, materialized), body);
    }

    /// <summary>Where an element of the inner result is in the padded buffer.</summary>
    private IEnumerable<Expr> Inside(IEnumerable<Expr> index) =>
        group.Halo is { } halo ? index.Select((e, axis) => e + halo.Before[axis])
        : group.Order is { } order ? MatMulOrder.Result(order, [.. index])
        : index;
}
