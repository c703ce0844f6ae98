using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// A matrix product. Constant weights of rank 2 are packed; other second operands are read where they are, a row of columns
/// at a time, so they must not be transposed (a pass has made that a Transpose).
/// </summary>
internal sealed class MatMulForm : ContractionForm
{
    private readonly Node _node;
    private readonly MatMul _op;
    private readonly bool _flat;

    private MatMulForm(Node node, MatMul op, Contraction work, bool flat) => (_node, _op, Work, _flat) = (node, op, work, flat);

    public override Contraction Work { get; }

    public override Value Data => OperandOrder.Memory(_node, _node.Inputs[0]);

    public override bool CanFlatten => PacksWeights && !_op.TransposeA;

    public override bool PacksWeights => _node.Inputs[1] is { Constant: not null, Type.Rank: 2 };

    public static MatMulForm? Of(Node node, MatMul op)
    {
        var output = node.Output.Shape;
        var a = node.Inputs[0].Shape;
        bool constant = node.Inputs[1] is { Constant: not null, Type.Rank: 2 };
        if (op.TransposeB && !constant)
            return null;
        long images = output.SkipLast(2).Aggregate(1L, (n, d) => n * d.Value);
        var work = new Contraction(
            constant ? 1 : images, constant ? images : 1, output[^2].Value, output[^1].Value, (op.TransposeA ? a[^2] : a[^1]).Value, 1, 1, 1, node.Output.Element)
        {
            PlaceStride = op.TransposeA ? 1 : OperandOrder.Step(OperandOrder.Memory(node, node.Inputs[0]), node.Inputs[0], a.Rank - 2),
        };
        return work.Macs == 0 ? null : new(node, op, work, flat: false);
    }

    public override ContractionForm Flattened() =>
        new MatMulForm(_node, _op, Work with { Height = 1, Width = Work.Places }, flat: true);

    public override Expr DataAt(Buffer data, Expr image, Expr row, Expr column, Expr group, Expr kh, Expr kw, Expr c)
    {
        Expr[] matrix = _op.TransposeA ? [c, column] : [column, c];
        return _flat ? data[matrix] : data[OperandOrder.IndexInto(Data, _node.Inputs[0], [.. BatchOf(_node.Inputs[0], image, row), .. matrix])];
    }

    public override Expr[] ResultPlace(Expr image, Expr row, Expr column) =>
        _flat ? [column] : [.. Unravel(Product(image, row)), column];

    public override Tensor Matrix()
    {
        var weights = _node.Inputs[1].Constant!;
        return _op.TransposeB ? PackedWeights.Transpose(weights, Work.Columns, Work.Reduction) : weights;
    }

    public override WeightLoads Weights(KernelDraft draft, long panelColumns)
    {
        if (PacksWeights)
            return Packed(draft, panelColumns);
        var operand = _node.Inputs[1];
        var memory = OperandOrder.Memory(_node, operand);
        var buffer = draft.Input(memory);
        return new(
            (image, _, panel, k, start, lanes) =>
                buffer[OperandOrder.IndexInto(memory, operand, [.. BatchOf(operand, image, 0), k, Build.Lane((panel * panelColumns) + start, lanes)])],
            null);
    }

    /// <summary>The batch index of an operand that may broadcast.</summary>
    private IEnumerable<Expr> BatchOf(Value operand, Expr image, Expr row)
    {
        var batch = Unravel(Product(image, row));
        int rank = operand.Type.Rank - 2;
        return Enumerable.Range(0, rank).Select(axis => operand.Shape[axis] == 1 ? 0 : batch[batch.Length - rank + axis]);
    }

    /// <summary>The flat number of a product: rows of the one image where weights are shared, images of one row where they are not.</summary>
    private Expr Product(Expr image, Expr row) => PacksWeights ? row : image;

    private Expr[] Unravel(Expr image) => FlatIndex.Unravel(image, [.. _node.Output.Shape.SkipLast(2).Select(d => d.Value)]);
}
