using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// The input with <c>Before[i]</c> elements put before and <c>After[i]</c> after it along each axis i; negative numbers remove
/// elements. <paramref name="Value"/> is for <see cref="PadMode.Constant"/>.
/// </summary>
public sealed record Pad(EquatableArray<long> Before, EquatableArray<long> After, PadMode Mode = PadMode.Constant, double Value = 0) : PrimitiveOp
{
    /// <summary>What is put around elements of that type with <see cref="PadMode.Constant"/>.</summary>
    public Expr Fill(DType element) => ElementTypes.Saturated(Value, element);

    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1);
        var x = inputs[0];
        if (Before.Count != x.Rank || After.Count != x.Rank)
            throw new ModelException("LATHE2051", $"the padding {Before}, {After} does not have an entry for each axis of {x}");
        var dims = new Dim[x.Rank];
        for (int axis = 0; axis < dims.Length; axis++)
        {
            if (Before[axis] is < -int.MaxValue or > int.MaxValue || After[axis] is < -int.MaxValue or > int.MaxValue)
                throw new ModelException("LATHE2012", $"the padding {Before}, {After} is out of range");
            long more = Before[axis] + After[axis];
            if (x.Shape[axis] is { IsKnown: true, Value: var extent } && (extent + more < 0 || (extent == 0 && more > 0 && Mode != PadMode.Constant)))
                throw new ModelException("LATHE2052", $"the padding {Before[axis]}, {After[axis]} does not suit axis {axis} of {x}");
            dims[axis] = more < 0 ? x.Shape[axis] - -more : x.Shape[axis] + more;
        }
        return x.WithShape([.. dims]);
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        var x = inputs[0];
        var fill = Fill(x.Element);
        if (x.ElementCount == 0)
            return fill;
        var at = new Expr[x.Rank];
        Expr inside = Build.Bool(true);
        for (int axis = 0; axis < at.Length; axis++)
        {
            long extent = x.Shape[axis];
            var from = index[axis] - Before[axis];
            bool isPadded = Before[axis] > 0 || After[axis] > 0;
            at[axis] = isPadded ? Source(from, extent) : from;
            if (Before[axis] > 0)
                inside &= from >= 0;
            if (After[axis] > 0)
                inside &= from < extent;
        }
        return Mode == PadMode.Constant ? Build.Select(inside, x[at], fill) : x[at];
    }

    private Expr Source(Expr from, long extent)
    {
        switch (Mode)
        {
            case PadMode.Wrap:
                return Build.FloorMod(from, extent);
            case PadMode.Reflect when extent > 1:
                var within = Build.FloorMod(from, 2 * (extent - 1));
                return Build.Min(within, (2 * (extent - 1)) - within);
            default:
                return Build.Clamp(from, extent);
        }
    }
}
