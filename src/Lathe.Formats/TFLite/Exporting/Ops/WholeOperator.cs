using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting.Ops;

/// <summary>An operator on scaled integers by itself: what it computes is not there any more, and only its type is known. Inputs: its operands.</summary>
internal sealed record WholeOperator(QuantizedOperator Operator, TensorType Type) : Op
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [Type];
}
