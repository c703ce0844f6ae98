using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Puts windows back into an image and adds them up where they overlap. Input [N, C * K, L]: for each channel the K elements of a window, for
/// each of the L places of the window, row by row. Output [N, C, <paramref name="Extents"/>]; what lies in the window's padding is dropped.
/// </summary>
public sealed record Col2Im(EquatableArray<long> Extents, Window Window) : PrimitiveOp
{
    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1);
        var x = inputs[0];
        ElementTypes.Number(this, x.Element);
        Window.Check(Extents.Count);
        long elements = Product(Window.Kernel);
        if (x.Rank != 3 || Extents.Count == 0 || Extents.Any(e => e is < 1 or > int.MaxValue) || x.Shape[1].Value % elements != 0)
            throw new ModelException("LATHE2124", $"{x} does not hold windows of {Window.Kernel} for an image {Extents}");
        if (x.Shape[2] != Product(Places()))
            throw new ModelException("LATHE2125", $"{x} does not hold the {string.Join(" x ", Places())} places of a window in an image {Extents}");
        return x.WithShape([x.Shape[0], x.Shape[1] / elements, .. Extents.Select(e => (Dim)e)]);
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        long[] places = Places();
        var axes = new ReduceAxis[places.Length];
        var (row, place, hit) = ((Expr)index[1], (Expr)0, Build.Bool(true));
        for (int i = 0; i < places.Length; i++)
        {
            axes[i] = new ReduceAxis(new Var($"k{i}"), Window.Kernel[i]);
            row = (row * Window.Kernel[i]) + axes[i].Var;
            var scaled = index[2 + i] + Window.PadsBefore[i] - (axes[i].Var * Window.Dilations[i]);
            var at = Build.FloorDiv(scaled, Window.Strides[i]);
            hit = hit & (at >= 0) & (at < places[i]) & Build.Equal(Build.FloorMod(scaled, Window.Strides[i]), 0);
            place = (place * places[i]) + Build.Clamp(at, places[i]);
        }
        return new Reduce(ReduceOp.Sum, axes, Build.Select(hit, inputs[0][index[0], row, place], Build.Const(0, output.Element)));
    }

    public override long Flops(Node node) => node.Inputs[0].Shape.ElementCount;

    /// <summary>How many places the window has along each axis.</summary>
    private long[] Places() => [.. Extents.Select((extent, axis) => Window.OutputExtent(axis, extent).Value)];

    private static long Product(IEnumerable<long> values) => values.Aggregate(1L, (a, b) => checked(a * b));
}
