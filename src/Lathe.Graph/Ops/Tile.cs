using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>The input repeated <c>Repeats[i]</c> times along each axis i.</summary>
public sealed record Tile(EquatableArray<long> Repeats) : PrimitiveOp
{
    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1);
        var x = inputs[0];
        if (Repeats.Count != x.Rank || Repeats.Any(r => r < 0))
            throw new ModelException("LATHE2050", $"the repeats {Repeats} do not have a non-negative entry for each axis of {x}");
        return x.WithShape([.. x.Shape.Select((extent, axis) => extent * Repeats[axis])]);
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        var x = inputs[0];
        return x[index.Select((at, axis) => Repeats[axis] == 1 ? at : Build.FloorMod(at, Math.Max(1, x.Shape[axis])))];
    }
}
