using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>Logical negation of bools.</summary>
public sealed record Not : UnaryElementwiseOp
{
    public override Expr Apply(Expr x) => !x;

    public override DType InferElement(IReadOnlyList<DType> inputs) => ElementTypes.Bool(this, inputs[0]);
}
