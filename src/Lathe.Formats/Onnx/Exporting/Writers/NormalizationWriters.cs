using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.Onnx.Exporting.Writers;

/// <summary>Normalizations.</summary>
internal static class NormalizationWriters
{
    /// <summary>Before this, Softmax and its like went over all axes from the given one on.</summary>
    private const int OneAxis = 13;

    public static void AddTo(ExportTable table)
    {
        table.Add<BatchNormalization>(7, (n, op) => n.Result("BatchNormalization", ("epsilon", op.Epsilon)), (node, op) => op.Layout == Layout.ChannelsFirst || node.Output.Type.Rank == 2);
        table.Add<GroupNormalization>(21, (n, op) => n.Result("GroupNormalization", ("epsilon", op.Epsilon), ("num_groups", op.Groups)));
        table.Add<InstanceNormalization>(6, (n, op) => n.Result("InstanceNormalization", ("epsilon", op.Epsilon)), (_, op) => op.Layout == Layout.ChannelsFirst);
        table.Add<LayerNormalization>(17, (n, op) => n.Result("LayerNormalization", ("axis", (long)op.Axis), ("epsilon", op.Epsilon)), HasTrailingParameters);
        table.Add<LpNormalization>(1, (n, op) => n.Result("LpNormalization", ("axis", (long)op.Axis), ("p", (long)op.P)));
        table.Add<MeanVarianceNormalization>(9, (n, op) => n.Result("MeanVarianceNormalization", ("axes", MovementWriters.Longs(op.Axes))));
        AddAlongAxis<Softmax>(table, op => op.Axis);
        AddAlongAxis<LogSoftmax>(table, op => op.Axis);
        AddAlongAxis<Hardmax>(table, op => op.Axis);
    }

    private static void AddAlongAxis<TOp>(ExportTable table, Func<TOp, int> axis) where TOp : Op
    {
        table.Add<TOp>(OneAxis, (n, op) => n.Result(op.Name, ("axis", (long)axis(op))));
        table.Add<TOp>(1, (n, op) => n.Result(op.Name, ("axis", (long)axis(op))), (node, op) => axis(op) == node.Output.Type.Rank - 1);
    }

    /// <summary>ONNX's scale and bias broadcast to the normalized axes.</summary>
    private static bool HasTrailingParameters(Node node, LayerNormalization op) =>
        node.Inputs.Skip(1).All(p => p.Type.Rank <= node.Output.Type.Rank - op.Axis);
}
