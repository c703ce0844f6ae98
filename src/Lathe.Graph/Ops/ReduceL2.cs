using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>The square root of the sum of squares along axes.</summary>
public sealed record ReduceL2(EquatableArray<int> Axes, bool KeepDims) : CompositeReductionOp(Axes, KeepDims)
{
    protected override Value Of(GraphBuilder b, Value x) => InFloat(b, Sum(b, b.Add(new Mul(), x, x)), v => b.Add(new Sqrt(), v));
}
