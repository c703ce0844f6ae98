using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// log(sum(exp(x))) along axes, as m + log(sum(exp(x - m))) with m the greatest element where that is finite, so that nothing overflows.
/// </summary>
public sealed record ReduceLogSumExp(EquatableArray<int> Axes, bool KeepDims) : CompositeReductionOp(Axes, KeepDims)
{
    protected override Value Of(GraphBuilder b, Value x) => InFloat(b, x, v =>
    {
        var greatest = b.Add(new ReduceMax(Axes, KeepDims: true), v);
        var shift = b.Add(new Where(), b.Add(new IsInf(), greatest), b.Scalar(0, v.Element), greatest);
        var sum = Sum(b, b.Add(new Exp(), b.Add(new Sub(), v, shift)));
        var addBack = b.Add(new Reshape(sum.Shape), shift);
        return b.Add(new Add(), b.Add(new Log(), sum), addBack);
    });
}
