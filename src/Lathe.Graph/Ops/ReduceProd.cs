using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>The product along axes.</summary>
public sealed record ReduceProd(EquatableArray<int> Axes, bool KeepDims) : ReductionOp(Axes, KeepDims)
{
    public override ReduceOp Combination => ReduceOp.Product;
}
