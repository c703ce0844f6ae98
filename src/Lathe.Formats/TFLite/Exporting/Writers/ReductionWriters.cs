using Lathe.Formats.TFLite.Reading;
using Lathe.Formats.TFLite.Writing;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using static Lathe.Formats.TFLite.Reading.BuiltinOperator;

namespace Lathe.Formats.TFLite.Exporting.Writers;

/// <summary>Reductions along axes.</summary>
internal static class ReductionWriters
{
    private static readonly DType[] Summed = [DType.Float32, DType.Int32, DType.Int64];

    private static readonly DType[] Ordered = [DType.Float32, DType.Int32, DType.Int64, DType.UInt8, DType.Int8];

    public static void AddTo(ExportTable table)
    {
        Add<ReduceSum>(table, SUM, op => (op.Axes, op.KeepDims), Summed);
        Add<ReduceMean>(table, MEAN, op => (op.Axes, op.KeepDims), DType.Float32);
        Add<ReduceProd>(table, REDUCE_PROD, op => (op.Axes, op.KeepDims), Summed);
        Add<ReduceMax>(table, REDUCE_MAX, op => (op.Axes, op.KeepDims), Ordered);
        Add<ReduceMin>(table, REDUCE_MIN, op => (op.Axes, op.KeepDims), Ordered);
        Add<ReduceMax>(table, REDUCE_ANY, op => (op.Axes, op.KeepDims), DType.Bool);
        Add<ReduceMin>(table, REDUCE_ALL, op => (op.Axes, op.KeepDims), DType.Bool);
    }

    private static void Add<TOp>(ExportTable table, BuiltinOperator op, Func<TOp, (EquatableArray<int> Axes, bool KeepDims)> parts, params DType[] types) where TOp : Graphs.Op =>
        table.Add<TOp>((n, reduction) =>
        {
            var (axes, keep) = parts(reduction);
            if (axes.Count == 0)
                n.ReshapedResult(n.In(0));
            else
                n.Result(op, [n.In(0), n.Ints("axes", axes.Select(a => (long)a))], OptionsKind.Reducer, new() { { 0, keep } });
        }, (node, _) => types.Contains(node.Inputs[0].Element) && node.Inputs[0].Shape.ElementCount > 0);
}
