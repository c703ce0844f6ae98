using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>The arithmetic mean along axes; NaN of no elements. Integers truncate.</summary>
public sealed record ReduceMean(EquatableArray<int> Axes, bool KeepDims) : CompositeReductionOp(Axes, KeepDims)
{
    protected override Value Of(GraphBuilder b, Value x) => b.Add(new Div(), Sum(b, x), b.Scalar(CountOf(x), x.Element));
}
