using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// A channels-last convolution of one or two spatial axes, without padding (a pass has made it a Pad before), and more than a channel in each group.
/// Constant weights are packed; those that are computed, of one group, are read where they are.
/// </summary>
internal sealed class ConvForm : ContractionForm
{
    private readonly Node _node;
    private readonly Window _window;
    private readonly bool _flat;

    private ConvForm(Node node, Conv conv, Contraction work, bool flat) => (_node, _window, Work, _flat) = (node, conv.Window, work, flat);

    public override Contraction Work { get; }

    public override Value Data => OperandOrder.Memory(_node, _node.Inputs[0]);

    public override bool CanFlatten => _window.Kernel.All(k => k == 1) && _window.Strides.All(s => s == 1) && Data == _node.Inputs[0];

    public override bool PacksWeights => _node.Inputs[1].Constant is not null;

    private bool OneAxis => _window.Rank == 1;

    public static ConvForm? Of(Node node, Conv conv)
    {
        if (conv.Layout != Layout.ChannelsLast || conv.Window.Rank > 2 || conv.Window.HasPadding || (node.Inputs[1].Constant is null && conv.Groups > 1))
            return null;
        long channels = node.Inputs[0].Shape[^1].Value / conv.Groups;
        long columns = node.Output.Shape[^1].Value / conv.Groups;
        if (conv.Groups > 1 && (channels == 1 || columns == 1))
            return null;
        var output = node.Output.Shape;
        bool oneAxis = conv.Window.Rank == 1;
        var work = new Contraction(
            1, output[0].Value * (oneAxis ? 1 : output[1].Value), output[^2].Value, columns, channels,
            oneAxis ? 1 : conv.Window.Kernel[0], conv.Window.Kernel[^1], conv.Groups, node.Output.Element)
        {
            PlaceStride = (OperandOrder.ReadsPlanes(node) ? 1 : channels * conv.Groups) * conv.Window.Strides[^1],
        };
        return work.Macs == 0 ? null : new(node, conv, work, flat: false);
    }

    public override ContractionForm Flattened() => new ConvForm(
        _node, (Conv)_node.Op, Work with { Height = 1, Width = Work.Places }, flat: true);

    public override Expr DataAt(Buffer data, Expr image, Expr row, Expr column, Expr group, Expr kh, Expr kw, Expr c)
    {
        var channel = (group * Work.Depth) + c;
        if (_flat)
            return data[column, channel];
        var x = (column * _window.Strides[^1]) + (kw * _window.Dilations[^1]);
        if (OneAxis)
            return At(data, row, x, channel);
        var (of, y) = RowOfImage(row);
        return At(data, of, (y * _window.Strides[0]) + (kh * _window.Dilations[0]), x, channel);
    }

    public override Expr[] ResultPlace(Expr image, Expr row, Expr column)
    {
        if (_flat || OneAxis)
            return _flat ? [column] : [row, column];
        var (of, y) = RowOfImage(row);
        return [of, y, column];
    }

    public override Tensor Matrix() => _node.Inputs[1].Constant!;

    public override WeightLoads Weights(KernelDraft draft, long panelColumns)
    {
        var weights = _node.Inputs[1];
        if (PacksWeights)
            return Packed(draft, panelColumns);
        var rows = draft.Input(weights, Work.Reduction, Work.Columns);
        return new((_, _, panel, k, start, lanes) => rows[k, Build.Lane((panel * panelColumns) + start, lanes)], null);
    }

    private Expr At(Buffer data, params Expr[] index) => data[OperandOrder.IndexInto(Data, _node.Inputs[0], index)];

    private (Expr Image, Expr Row) RowOfImage(Expr row)
    {
        long height = _node.Output.Shape[1].Value;
        return height == Work.Height ? (0, row) : (Build.FloorDiv(row, height), Build.FloorMod(row, height));
    }
}
