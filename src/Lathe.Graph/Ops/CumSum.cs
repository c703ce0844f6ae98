using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Running sums along an axis, backwards with <paramref name="Reverse"/>; with <paramref name="Exclusive"/> an element's own value is left out.
/// </summary>
public sealed record CumSum(int Axis, bool Exclusive = false, bool Reverse = false) : LoopOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1);
        ElementTypes.Number(this, inputs[0].Element);
        if (Axis < 0 || Axis >= inputs[0].Rank)
            throw new ModelException("LATHE2042", $"axis {Axis} is out of range for {inputs[0]}");
        return [inputs[0]];
    }

    public override Stmt Write(IReadOnlyList<Buffer> inputs, IReadOnlyList<Buffer> outputs)
    {
        var (x, y) = (inputs[0], outputs[0]);
        long extent = x.Shape[Axis];
        if (x.ElementCount == 0)
            return new Block([]);
        var total = new Buffer("total", LoopNest.Wide(x.Element), [1], BufferSpace.Local);
        Expr[] first = [0];
        return LoopNest.Over(x.Shape.Select((d, axis) => axis == Axis ? 1 : d), "i", index => new Allocate(total, Stmt.Sequence(
            total.Store(first, Build.Const(0, total.Element)),
            For.Of("step", extent, LoopKind.Serial, step =>
            {
                Expr position = Reverse ? extent - 1 - (Expr)step : step;
                Expr[] at = [.. index.Select((i, axis) => axis == Axis ? position : i)];
                var add = total.Store(first, total[first] + LoopNest.Wide(x[at]));
                var store = y.Store(at, Build.Cast(y.Element, total[first]));
                return Stmt.Sequence(Exclusive ? [store, add] : [add, store]);
            }))));
    }

    public override long Flops(Node node) => node.Output.Shape.ElementCount;
}
