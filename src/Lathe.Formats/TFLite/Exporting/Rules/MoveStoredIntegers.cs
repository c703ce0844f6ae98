using Lathe.Formats.TFLite.Exporting.Ops;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting.Rules;

/// <summary>
/// What moves dequantized values moves the stored ones, so that they are dequantized where they are computed with. Zeros around the values are zero points around the
/// stored ones, which TFLite's PAD puts there by itself.
/// </summary>
internal sealed class MoveStoredIntegers : Rule
{
    public override Value? Apply(Node node, RewriteContext context)
    {
        if (node.Op is not (Reshape or Transpose or Pad) || node.Inputs[0] is not { Op: DequantizeLinear stored } real || real.Node.Inputs[0] is not { Constant: null } x || !ScaledValue.IsByte(x)
            || ScaledValue.ScalingOf(stored.Axis, stored.BlockSize, real.Node) is not { Scales.Count: 1 } by)
            return null;
        var b = context.Builder;
        Value moved;
        if (node.Op is Pad pad)
        {
            if (pad is not { Mode: PadMode.Constant, Value: 0 } || !ExportTable.CanWrite(node))
                return null;
            var pairs = Tensor.Of(Shape.Of(pad.Before.Count, 2), pad.Before.Zip(pad.After).SelectMany(p => new[] { checked((int)p.First), checked((int)p.Second) }).ToArray());
            moved = b.Add(new WholeOperator(new("PAD", [], [by, Scaling.None], by), node.Output.Type.WithElement(x.Element)), x, b.Constant(pairs));
        }
        else
            moved = b.Add(node.Op, x);
        return b.Add(stored with { Axis = 0 }, [moved, .. real.Node.Inputs.Skip(1)]);
    }
}
