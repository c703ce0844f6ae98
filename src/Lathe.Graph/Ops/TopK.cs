using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// The <paramref name="K"/> greatest (or least) elements along an axis in falling (or rising) order, and their i64 indices. Of equal elements the first comes first; NaN counts
/// as greater than all numbers. Inputs: x. Outputs: values, indices.
/// </summary>
public sealed record TopK(int Axis, long K, bool Largest = true) : LoopOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1);
        var x = inputs[0];
        ElementTypes.Number(this, x.Element);
        if (Axis < 0 || Axis >= x.Rank)
            throw new ModelException("LATHE2042", $"axis {Axis} is out of range for {x}");
        if (K < 0 || K > x.Shape[Axis].Value)
            throw new ModelException("LATHE2053", $"{K} elements cannot be chosen along axis {Axis} of {x}");
        var values = x.WithShape([.. x.Shape.Select((d, axis) => axis == Axis ? K : d)]);
        return [values, values.WithElement(DType.Int64)];
    }

    public override Stmt Write(IReadOnlyList<Buffer> inputs, IReadOnlyList<Buffer> outputs)
    {
        // Selection: each round finds the best element that comes after the last round's in the order of (key, index).
        var x = inputs[0];
        long extent = x.Shape[Axis];
        if (K == 0 || x.ElementCount == 0)
            return new Block([]);
        var last = new Buffer("last", DType.Int64, [1], BufferSpace.Local);
        var best = new Buffer("best", DType.Int64, [1], BufferSpace.Local);
        Expr[] only = [0];
        return LoopNest.Over(x.Shape.Select((d, axis) => axis == Axis ? 1 : d), "i", row =>
        {
            Expr[] At(Expr along) => [.. row.Select((i, axis) => axis == Axis ? along : i)];
            Expr KeyOf(Expr along) => Key(x[At(Build.Clamp(along, extent))]);
            Stmt Round(Var rank) => Stmt.Sequence(
                best.Store(only, -1),
                For.Of("candidate", extent, LoopKind.Serial, candidate =>
                {
                    var (key, lastKey) = (KeyOf(candidate), KeyOf(last[only]));
                    var isLeft = (last[only] < 0) | Better(lastKey, key) | (Build.Equal(lastKey, key) & (last[only] < candidate));
                    var isBest = (best[only] < 0) | Better(key, KeyOf(best[only]));
                    return new If(isLeft & isBest, best.Store(only, candidate));
                }),
                last.Store(only, best[only]),
                outputs[0].Store(At(rank), x[At(Build.Clamp(best[only], extent))]),
                outputs[1].Store(At(rank), Build.Clamp(best[only], extent)));
            return new Allocate(last, new Allocate(best, Stmt.Sequence(last.Store(only, -1), For.Of("rank", K, LoopKind.Serial, Round))));
        });
    }

    private Expr Better(Expr a, Expr b) => Largest ? a > b : a < b;

    private static Expr Key(Expr element)
    {
        var wide = LoopNest.Wide(element);
        return wide.Element.IsFloat ? Build.Select(Build.Compare(CompareOp.NotEqual, wide, wide), Build.Highest(wide.Element), wide) : wide;
    }
}
