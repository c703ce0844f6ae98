using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>x kept between the bounds that are given: min(max, max(min, x)). NaN stays NaN; the type's own range limits the bounds.</summary>
public sealed record Clip(double? Min, double? Max) : UnaryElementwiseOp
{
    public override Expr Apply(Expr x)
    {
        if (Min is { } low)
            x = Build.Max(ElementTypes.Saturated(low, x.Element), x);
        return Max is { } high ? Build.Min(ElementTypes.Saturated(high, x.Element), x) : x;
    }

    public override DType InferElement(IReadOnlyList<DType> inputs) => ElementTypes.Number(this, inputs[0]);
}
