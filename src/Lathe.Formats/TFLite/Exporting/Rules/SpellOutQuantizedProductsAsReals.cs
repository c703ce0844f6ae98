using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting.Rules;

/// <summary>ONNX's products of quantized values, as products of the reals that they stand for, between DequantizeLinear and QuantizeLinear.</summary>
internal sealed class SpellOutQuantizedProductsAsReals : Rule
{
    public override Value? Apply(Node node, RewriteContext context)
    {
        var b = context.Builder;
        var i = node.Inputs;
        switch (node.Op)
        {
            case QLinearConv op:
                var conv = new Conv(op.Window, op.Groups, op.Layout);
                var real = b.Add(conv, b.Add(new DequantizeLinear(0), i[0], i[1], i[2]), b.Add(new DequantizeLinear(conv.WeightAxes(i[3].Type.Rank).Out), i[3], i[4], i[5]));
                if (i.Length == 9)
                {
                    int channel = ImageAxes.Of(op.Layout, real.Type.Rank).Channel;
                    var bias = b.Add(new DequantizeLinear(0), i[8], b.Add(new Mul(), i[1], i[4]));
                    Shape shape = [.. Enumerable.Range(channel, real.Type.Rank - channel).Select(axis => axis == channel ? real.Shape[channel] : 1)];
                    real = b.Add(new Add(), real, b.Add(new Reshape(shape), bias));
                }
                return b.Add(new QuantizeLinear(0), real, i[6], i[7]);
            case QLinearMatMul:
                var product = b.Add(
                    new MatMul(), b.Add(new DequantizeLinear(i[0].Type.Rank - 2), i[0], i[1], i[2]), b.Add(new DequantizeLinear(i[3].Type.Rank - 1), i[3], i[4], i[5]));
                return b.Add(new QuantizeLinear(0), product, i[6], i[7]);
            default:
                return null;
        }
    }
}
