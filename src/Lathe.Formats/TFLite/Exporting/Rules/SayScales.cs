using Lathe.Formats.TFLite.Exporting.Ops;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting.Rules;

/// <summary>Conversions between reals and integers become operators whose tensors say the scale. Where they meet, they are one or none.</summary>
internal sealed class SayScales : Rule
{
    public override Value? Apply(Node node, RewriteContext context)
    {
        switch (node.Op)
        {
            case DequantizeLinear op when node.Output.Element == DType.Float32 && IsScaled(node.Inputs[0]) && ScaledValue.ScalingOf(op.Axis, op.BlockSize, node) is { Scales.Count: 1 } by:
                return context.Builder.Add(new WholeOperator(new("DEQUANTIZE", [], [by], Scaling.None), node.Output.Type), node.Inputs[0]);
            case QuantizeLinear op when node.Inputs[0].Element == DType.Float32 && IsScaled(node.Output) && ScaledValue.ScalingOf(op.Axis, op.BlockSize, node) is { Scales.Count: 1 } by:
                return context.Builder.Add(new WholeOperator(new("QUANTIZE", [], [Scaling.None], by), node.Output.Type), node.Inputs[0]);
            default:
                return null;
        }
    }

    private static bool IsScaled(Value value) => value.Element is DType.Int8 or DType.UInt8 or DType.Int16;
}
