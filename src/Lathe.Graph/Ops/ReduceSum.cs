using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>The sum along axes.</summary>
public sealed record ReduceSum(EquatableArray<int> Axes, bool KeepDims) : ReductionOp(Axes, KeepDims)
{
    public override ReduceOp Combination => ReduceOp.Sum;
}
