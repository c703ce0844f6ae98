using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>The logarithm of the sum along axes.</summary>
public sealed record ReduceLogSum(EquatableArray<int> Axes, bool KeepDims) : CompositeReductionOp(Axes, KeepDims)
{
    protected override Value Of(GraphBuilder b, Value x) => InFloat(b, Sum(b, x), v => b.Add(new Log(), v));
}
