using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>The input broadcast against a shape, as a binary elementwise op would.</summary>
public sealed record Expand(Shape NewShape) : PrimitiveOp
{
    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1);
        return inputs[0].WithShape(Broadcasting.Join([inputs[0].Shape, NewShape]));
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index) =>
        inputs[0][Broadcasting.IndexInto(inputs[0], index)];
}
