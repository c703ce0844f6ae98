using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// The first input. It is what a kernel for integers that stand for reals computes of the other inputs; the op keeps that kernel's operator whole, and with it the scales, which
/// the integers themselves do not need, for those who write the model again. Code computes the first input alone.
/// </summary>
/// <param name="Operator">The operator by its name in the TFLite format.</param>
/// <param name="Options">Its options in the order of its schema.</param>
/// <param name="Operands">What each of the operands, the inputs from the second on, stands for.</param>
/// <param name="Result">What the first input stands for.</param>
public sealed record QuantizedOperator(string Operator, EquatableArray<double> Options, EquatableArray<Scaling> Operands, Scaling Result) : CompositeOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, Operands.Count + 1);
        foreach (var (scaling, type) in Operands.Prepend(Result).Zip([inputs[0], .. inputs.Skip(1)]))
            if (scaling.ZeroPoints.Count != scaling.Scales.Count || (scaling.Scales.Count > 1 && (scaling.Axis < 0 || scaling.Axis >= type.Rank || type.Shape[scaling.Axis] != scaling.Scales.Count)))
                throw new ModelException("LATHE2080", $"the scales along axis {scaling.Axis} do not suit {type}");
        return [inputs[0]];
    }

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs) => [inputs[0]];
}
