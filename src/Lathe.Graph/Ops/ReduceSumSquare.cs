using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>The sum of squares along axes.</summary>
public sealed record ReduceSumSquare(EquatableArray<int> Axes, bool KeepDims) : CompositeReductionOp(Axes, KeepDims)
{
    protected override Value Of(GraphBuilder b, Value x) => Sum(b, b.Add(new Mul(), x, x));
}
