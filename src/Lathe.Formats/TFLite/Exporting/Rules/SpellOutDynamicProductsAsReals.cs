using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting.Rules;

/// <summary>
/// ONNX's dynamic quantization, f32(product of data quantized by their own range and of weights) * (data's scale * weights' scale), as the product of the data themselves and of
/// dequantized weights: TFLite has no operator that takes a scale from a run, and the reals are what the quantized data approximate.
/// </summary>
internal sealed class SpellOutDynamicProductsAsReals : Rule<Mul>
{
    protected override Value? Apply(Node node, Mul op, RewriteContext context)
    {
        for (int side = 0; side < 2; side++)
        {
            if (node.Inputs[side] is not { Op: Cast { To: DType.Float32 }, Node: var cast } || node.Inputs[1 - side] is not { Op: Mul, Node: var scales }
                || cast.Inputs[0] is not { Op: ConvInteger or MatMulInteger, Node: var product })
                continue;
            var data = product.Inputs[0];
            if (data is not { Op: DynamicQuantizeLinear, Index: 0, Node: var quantized } || product.Inputs.Length > 2 && product.Inputs[2] != quantized.Outputs[2]
                || Array.IndexOf([.. scales.Inputs], quantized.Outputs[1]) is not (>= 0 and var at))
                continue;
            var b = context.Builder;
            var weights = product.Inputs[1];
            Op real = product.Op is ConvInteger conv ? new Conv(conv.Window, conv.Groups, conv.Layout) : new MatMul();
            int axis = real is Conv c ? c.WeightAxes(weights.Type.Rank).Out : weights.Type.Rank - 1;
            var dequantized = b.Add(new DequantizeLinear(axis), [weights, scales.Inputs[1 - at], .. product.Inputs.Skip(3)]);
            return b.Add(real, quantized.Inputs[0], dequantized);
        }
        return null;
    }
}
