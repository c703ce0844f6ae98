using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>The greatest element along axes.</summary>
public sealed record ReduceMax(EquatableArray<int> Axes, bool KeepDims) : ReductionOp(Axes, KeepDims)
{
    public override ReduceOp Combination => ReduceOp.Max;
}
