using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Where <see cref="MaxPool"/> of a channels-first image found its elements: i64 indices into the flattened input. With <paramref name="ColumnMajor"/> the spatial axes
/// are numbered in reverse order. Of equal elements the first counts.
/// </summary>
public sealed record MaxPoolIndices(Window Window, bool ColumnMajor = false) : LoopOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs) =>
        [Pooling.InferType(this, inputs, Window, Layout.ChannelsFirst).WithElement(DType.Int64)];

    public override Stmt Write(IReadOnlyList<Buffer> inputs, IReadOnlyList<Buffer> outputs)
    {
        var (x, y) = (inputs[0], outputs[0]);
        if (x.ElementCount == 0)
            return LoopNest.Over(y.Shape, "i", index => y.Store(index, 0));
        var greatest = new Buffer("greatest", LoopNest.Wide(x.Element), [1], BufferSpace.Local);
        var place = new Buffer("place", DType.Int64, [1], BufferSpace.Local);
        Expr[] only = [0];
        return LoopNest.Over(y.Shape, "i", index =>
        {
            var search = LoopNest.Over(Window.Kernel, "k", kernel =>
            {
                Expr[] from = [.. kernel.Select((k, i) => Window.InputIndex(i, index[2 + i], k))];
                var inside = from.Select((at, i) => (at >= 0) & (at < x.Shape[2 + i])).Aggregate((a, b) => a & b);
                Expr[] spatial = [.. from.Select((at, i) => Build.Clamp(at, x.Shape[2 + i]))];
                var element = LoopNest.Wide(x[[index[0], index[1], .. spatial]]);
                var isBetter = inside & ((place[only] < 0) | (element > greatest[only]));
                return new If(isBetter, Stmt.Sequence(greatest.Store(only, element), place.Store(only, Flat(x, index, spatial))));
            });
            var start = Stmt.Sequence(greatest.Store(only, Build.Lowest(greatest.Element)), place.Store(only, -1));
            return new Allocate(greatest, new Allocate(place, Stmt.Sequence(start, search, y.Store(index, Build.Max(place[only], 0)))));
        });
    }

    private Expr Flat(Buffer x, Expr[] index, Expr[] spatial)
    {
        var axes = Enumerable.Range(0, spatial.Length);
        var image = (ColumnMajor ? axes.Reverse() : axes).Aggregate((Expr)0, (sum, i) => (sum * x.Shape[2 + i]) + spatial[i]);
        long area = x.Shape.Skip(2).Aggregate(1L, (a, d) => a * d);
        return (((index[0] * x.Shape[1]) + index[1]) * area) + image;
    }
}
