using Lathe.Graphs.Ops;

namespace Lathe.Graphs.Cost;

/// <summary>Additions that are the bias of a convolution or a dense layer: a constant with one element a channel.</summary>
internal static class ChannelBias
{
    public static bool Is(Node node) => IsOfConv(node) || (node.Op is Add && Operands(node) is var (data, bias) && data.Op is MatMul && IsAlong(bias, data, data.Shape.Rank - 1));

    public static bool IsOfConv(Node node) => node.Op is Add && Operands(node) is var (data, bias) && data.Op switch
    {
        Conv conv => IsAlong(bias, data, ImageAxes.Of(conv.Layout, data.Shape.Rank).Channel),
        ConvTranspose conv => IsAlong(bias, data, ImageAxes.Of(conv.Layout, data.Shape.Rank).Channel),
        _ => false,
    };

    private static (Value Data, Value Bias)? Operands(Node node) => node.Inputs switch
    {
        [var a, var b] when IsStored(b) => (a, b),
        [var a, var b] when IsStored(a) => (b, a),
        _ => null,
    };

    /// <summary>Importers give a bias the rank of the data by a reshape.</summary>
    private static bool IsStored(Value value) => value.Constant is not null || (value.Op is Reshape && value.Node.Inputs[0].Constant is not null);

    private static bool IsAlong(Value bias, Value data, int axis)
    {
        int missing = data.Shape.Rank - bias.Shape.Rank;
        return missing >= 0 && missing <= axis
            && bias.Shape.Select((d, i) => (Extent: d, Axis: i + missing)).All(d => d.Axis == axis ? d.Extent == data.Shape[axis] : d.Extent == 1);
    }
}
