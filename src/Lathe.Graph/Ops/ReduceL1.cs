using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>The sum of magnitudes along axes.</summary>
public sealed record ReduceL1(EquatableArray<int> Axes, bool KeepDims) : CompositeReductionOp(Axes, KeepDims)
{
    protected override Value Of(GraphBuilder b, Value x) => Sum(b, b.Add(new Abs(), x));
}
