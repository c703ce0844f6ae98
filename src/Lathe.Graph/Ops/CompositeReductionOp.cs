using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// A reduction that is made of other ops. <see cref="Of"/> gives the kept-dims result for numbers; square roots and logarithms of integers are taken in
/// f64 and truncated.
/// </summary>
public abstract record CompositeReductionOp(EquatableArray<int> Axes, bool KeepDims) : CompositeOp
{
    public sealed override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1);
        ElementTypes.Number(this, inputs[0].Element);
        return [inputs[0].WithShape(ReductionOp.ReducedShape(inputs[0].Shape, Axes, KeepDims))];
    }

    public sealed override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs) => [Of(b, inputs[0])];

    /// <summary>The result for x, with or without the reduced axes as <see cref="KeepDims"/> says.</summary>
    protected abstract Value Of(GraphBuilder b, Value x);

    /// <summary>How many elements of x meet in one of the result.</summary>
    protected long CountOf(Value x)
    {
        long count = 1;
        foreach (int axis in Axes)
            count = checked(count * x.Shape[axis].Value);
        return count;
    }

    protected Value Sum(GraphBuilder b, Value x) => b.Add(new ReduceSum(Axes, KeepDims), x);

    /// <summary>A function of floats applied to numbers of any type.</summary>
    protected static Value InFloat(GraphBuilder b, Value x, Func<Value, Value> function) => x.Element.IsFloat
        ? function(x)
        : b.Add(new Cast(x.Element), function(b.Add(new Cast(DType.Float64), x)));
}
