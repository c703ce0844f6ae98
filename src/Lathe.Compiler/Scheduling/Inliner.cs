using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Scheduling;

/// <summary>
/// Says "element [i, j] of this value" as an expression of the values that have memory, by putting definitions in place of
/// loads until only those remain. This is what fuses ops.
/// </summary>
/// <param name="constants">What is read instead of constants of more than one element; themselves where null.</param>
internal sealed class Inliner(KernelDraft draft, IReadOnlySet<Value> materialized, Func<Value, Buffer>? constants = null)
{
    /// <summary>
    /// The element of a value at an index. The group's own result is expanded though it is materialized; where
    /// <paramref name="anchor"/> is met, <paramref name="accumulator"/> stands for its element.
    /// </summary>
    public Expr Element(Value value, IReadOnlyList<Expr> index, Value? anchor = null, Expr? accumulator = null)
    {
        if (value == anchor)
            return accumulator!;
        return Define(value, index, v => v == anchor ? accumulator : null);
    }

    /// <summary>The element of an operand: loaded where the value has memory, else by its definition, with the anchor's element as in <see cref="Element"/>.</summary>
    public Expr Read(Value value, IReadOnlyList<Expr> index, Value? anchor = null, Expr? accumulator = null) =>
        Operand(value, index, v => v == anchor ? accumulator : null);

    /// <summary>The element by the value's own definition.</summary>
    private Expr Define(Value value, IReadOnlyList<Expr> index, Func<Value, Expr?> bound)
    {
        if (value.Op is not PrimitiveOp op)
            throw new InternalException("LATHE5001", $"{value.Node} was asked for its element, and is not a primitive");
        var inputs = value.Node.Inputs;
        var placeholders = inputs.Select((input, i) => new Buffer($"@{i}", input.Element, draft.ShapeOf(input))).ToArray();
        var body = RenameReductions(op.Define(placeholders, value.Type, index));
        // An op that reads an operand several times reads the same expression, so that a reduction in it is done once.
        var operands = new Dictionary<Load, Expr>();
        Expr? Replace(Expr e)
        {
            if (e is not Load load || Array.IndexOf(placeholders, load.Buffer) is not (>= 0 and var i))
                return null;
            if (!operands.TryGetValue(load, out var operand))
                operands.Add(load, operand = Operand(inputs[i], [.. load.Indices.Select(at => at.Rewrite(Replace))], bound));
            return operand;
        }
        return body.Rewrite(Replace);
    }

    private Expr Operand(Value value, IReadOnlyList<Expr> index, Func<Value, Expr?> bound)
    {
        if (bound(value) is { } expr)
            return expr;
        if (value.Constant is { Count: 1 } scalar)
            return scalar.Type.IsFloat ? new FloatConst(scalar.GetDouble(0), scalar.Type) : new IntConst(scalar.GetInt64(0), scalar.Type);
        if (value.Constant is not null && constants is not null)
            return constants(value)[index];
        if (value.Constant is not null || materialized.Contains(value))
            return draft.Input(value)[index];
        return Define(value, index, bound);
    }

    /// <summary>Reductions of ops that are inlined together must not share variables.</summary>
    private Expr RenameReductions(Expr body) => body.Rewrite(e =>
    {
        if (e is not Reduce reduce)
            return null;
        var fresh = reduce.Axes.Select(a => a with { Var = draft.Variable("r") }).ToArray();
        var names = reduce.Axes.Zip(fresh, (old, renamed) => (old.Var, renamed.Var)).ToDictionary(p => p.Item1, p => (Expr)p.Item2);
        return new Reduce(reduce.Op, fresh, reduce.Body.Substitute(names));
    });
}
