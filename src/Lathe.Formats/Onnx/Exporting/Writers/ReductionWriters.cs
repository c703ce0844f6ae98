using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Exporting.Writers;

/// <summary>Reductions: their axes are an attribute in old operator sets and an input in new ones.</summary>
internal static class ReductionWriters
{
    private const int AxesAsInput = 18, SumAxesAsInput = 13;

    public static void AddTo(ExportTable table)
    {
        Add<ReduceL1>(table, op => (op.Axes, op.KeepDims));
        Add<ReduceL2>(table, op => (op.Axes, op.KeepDims));
        Add<ReduceLogSum>(table, op => (op.Axes, op.KeepDims));
        Add<ReduceLogSumExp>(table, op => (op.Axes, op.KeepDims));
        Add<ReduceMax>(table, op => (op.Axes, op.KeepDims));
        Add<ReduceMean>(table, op => (op.Axes, op.KeepDims));
        Add<ReduceMin>(table, op => (op.Axes, op.KeepDims));
        Add<ReduceProd>(table, op => (op.Axes, op.KeepDims));
        Add<ReduceSum>(table, op => (op.Axes, op.KeepDims), SumAxesAsInput);
        Add<ReduceSumSquare>(table, op => (op.Axes, op.KeepDims));
    }

    private static void Add<TOp>(ExportTable table, Func<TOp, (EquatableArray<int> Axes, bool KeepDims)> parts, int asInput = AxesAsInput) where TOp : Graphs.Op =>
        table.Add<TOp>(1, (n, op) =>
        {
            var (axes, keep) = parts(op);
            (string, object) kept = ("keepdims", keep ? 1L : 0L);
            var numbers = MovementWriters.Longs(axes);
            if (n.Opset >= asInput)
                n.Result(op.Name, [n.In(0), n.Ints("axes", numbers)], kept);
            else
                n.Result(op.Name, ("axes", numbers), kept);
        }, (node, op) => parts(op).Axes.Count > 0 && node.Output.Element != DType.Bool);
}
