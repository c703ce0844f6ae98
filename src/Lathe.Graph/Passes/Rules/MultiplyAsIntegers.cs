using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>
/// A convolution or matrix product of dequantized bytes and dequantized constant weights is one of the integers, times both scales: sum (x - p) s (w - q) t =
/// s t sum (x - p)(w - q). The integers' sum is exact, where that of reals is rounded.
/// </summary>
public sealed class MultiplyAsIntegers : Rule
{
    public override Value? Apply(Node node, RewriteContext context) => node.Op switch
    {
        Conv { Sum: null } conv => OfConv(node, conv, context.Builder),
        MatMul { Sum: null, TransposeA: false } matmul => OfMatMul(node, matmul, context.Builder),
        _ => null,
    };

    private static Value? OfConv(Node node, Conv op, GraphBuilder b)
    {
        int rank = node.Output.Type.Rank;
        if (Operands(node, op.WeightAxes(rank).Out) is not var (x, w))
            return null;
        var sum = b.Add(new ConvInteger(op.Window, op.Groups, op.Layout), x.Inputs[0], w.Inputs[0], Zero(b, x), Zero(b, w));
        return Scaled(b, node, sum, x.Inputs[1], w.Inputs[1], ImageAxes.Of(op.Layout, rank).Channel);
    }

    private static Value? OfMatMul(Node node, MatMul op, GraphBuilder b)
    {
        if (node.Inputs[1].Type.Rank != 2 || Operands(node, op.TransposeB ? 0 : 1) is not var (x, w))
            return null;
        var weights = op.TransposeB ? b.Constant(PermutedMatrix(w.Inputs[0].Constant!)) : w.Inputs[0];
        var sum = b.Add(new MatMulInteger(), x.Inputs[0], weights, Zero(b, x), Zero(b, w));
        return Scaled(b, node, sum, x.Inputs[1], w.Inputs[1], node.Output.Type.Rank - 1);
    }

    /// <summary>Both dequantizing nodes: the data's by one scale, the weights' by one or one for each output.</summary>
    private static (Node X, Node W)? Operands(Node node, int outAxis)
    {
        if (node.Output.Element != DType.Float32 || node.Inputs[0].Node is not { Op: DequantizeLinear { BlockSize: 0 } } x
            || node.Inputs[1].Node is not { Op: DequantizeLinear { BlockSize: 0 } by } w)
            return null;
        bool bytes = x.Inputs[0].Element.Size == 1 && w.Inputs[0].Element.Size == 1 && w.Inputs[0].Constant is not null;
        bool each = w.Inputs[1].Shape.ElementCount == 1 || by.Axis == outAxis;
        return bytes && each && x.Inputs[0].Constant is null && x.Inputs[1].Shape.ElementCount == 1 && w.Inputs.Skip(1).All(i => i.Constant is not null) ? (x, w) : null;
    }

    private static Value Zero(GraphBuilder b, Node dequantized)
    {
        if (dequantized.Inputs.Length == 3)
            return dequantized.Inputs[2];
        return b.Constant(Tensor.Zeros(dequantized.Inputs[0].Element, Shape.Scalar));
    }

    private static Value Scaled(GraphBuilder b, Node node, Value sum, Value x, Value w, int channelAxis)
    {
        int rank = node.Output.Type.Rank;
        var factor = b.Add(new Mul(), Integers.Along(b, x, rank, 0), Integers.Along(b, w, rank, channelAxis));
        return b.Add(new Mul(), b.Add(new Cast(DType.Float32), sum), factor);
    }

    private static Tensor PermutedMatrix(Tensor matrix)
    {
        long rows = matrix.Shape[0].Value, columns = matrix.Shape[1].Value;
        var turned = Tensor.Zeros(matrix.Type, Shape.Of(columns, rows));
        Span<byte> from = matrix.Bytes.Span, to = turned.Bytes.Span;
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++)
                to[(int)((c * rows) + r)] = from[(int)((r * columns) + c)];
        return turned;
    }
}
