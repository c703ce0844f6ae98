using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>What becomes of a contraction's sums: the group's elementwise part, stored where the result belongs.</summary>
internal sealed class Epilogue(KernelDraft draft, Group group, IReadOnlySet<Value> materialized, MachineFacts machine)
{
    private readonly Inliner _inliner = new(draft, materialized);
    private readonly Buffer _target = draft.Output(group.Result);

    /// <summary>Whether the elementwise part calls functions such as tanh, which are long stretches of code each.</summary>
    public bool HasFunctions { get; } = Functions.AreIn(group, materialized);

    /// <summary>
    /// Stores a vector of sums that starts at column <paramref name="first"/>. <paramref name="place"/> is the index of the result without its last
    /// axis; a vector in it stores so many places of one column.
    /// </summary>
    public Stmt Store(IReadOnlyList<Expr> place, Expr first, int lanes, Expr sums)
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
        var at = place.Append(Build.Lane(first, lanes));
        return _target.Store(group.Halo is { } halo ? at.Select((e, axis) => e + halo.Before[axis]) : at, value);
    }

    /// <summary>The whole kernel: zeros around the result where it is stored padded, then the body.</summary>
    public LoweredKernel Finish(Stmt body)
    {
        if (group.Halo is { } halo)
            body = Stmt.Sequence(HaloFill.Of(draft, _target, halo, group.Inner.Shape.ToArray(), machine), body);
        return draft.Finish(Labels.Of(group, materialized), body);
    }
}
