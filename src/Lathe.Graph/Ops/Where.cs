using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>The second input's element where the first, a bool, is true, else the third's.</summary>
public sealed record Where : ElementwiseOp
{
    public override int Arity => 3;

    public override Expr Apply(IReadOnlyList<Expr> inputs, DType output) => Build.Select(inputs[0], inputs[1], inputs[2]);

    public override DType InferElement(IReadOnlyList<DType> inputs)
    {
        ElementTypes.Bool(this, inputs[0]);
        return base.InferElement([inputs[1], inputs[2]]);
    }

    public override long Flops(Node node) => 0;
}
