using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>The least element along axes.</summary>
public sealed record ReduceMin(EquatableArray<int> Axes, bool KeepDims) : ReductionOp(Axes, KeepDims)
{
    public override ReduceOp Combination => ReduceOp.Min;
}
