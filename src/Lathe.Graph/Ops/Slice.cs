using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Every <c>Steps[i]</c>th element from <c>Starts[i]</c> on, <c>Sizes[i]</c> of them, along each axis i. Steps may be negative; what is
/// taken lies within the input.
/// </summary>
public sealed record Slice(EquatableArray<long> Starts, EquatableArray<long> Sizes, EquatableArray<long> Steps) : PrimitiveOp
{
    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1);
        var x = inputs[0];
        if (Starts.Count != x.Rank || Sizes.Count != x.Rank || Steps.Count != x.Rank)
            throw new ModelException("LATHE2045", $"starts {Starts}, sizes {Sizes} and steps {Steps} do not have an entry for each axis of {x}");
        for (int axis = 0; axis < x.Rank; axis++)
        {
            var last = Starts[axis] + ((Int128)(Sizes[axis] - 1) * Steps[axis]);
            long extent = x.Shape[axis].Value;
            if (Sizes[axis] < 0 || Steps[axis] == 0
                || (Sizes[axis] > 0 && (Starts[axis] < 0 || Starts[axis] >= extent || last < 0 || last >= extent)))
            {
                throw new ModelException(
                    "LATHE2046", $"{Sizes[axis]} elements from {Starts[axis]} in steps of {Steps[axis]} do not lie within axis {axis} of {x}");
            }
        }
        return x.WithShape(Shape.Of(Sizes));
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index) =>
        inputs[0][index.Select((at, axis) => (at * Steps[axis]) + Starts[axis])];
}
