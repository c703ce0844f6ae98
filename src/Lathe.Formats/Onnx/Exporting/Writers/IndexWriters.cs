using Lathe.Formats.Onnx.Reading;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Exporting.Writers;

/// <summary>Ops that pick, put, rank or count elements by index.</summary>
internal static class IndexWriters
{
    public static void AddTo(ExportTable table)
    {
        table.Add<ArgMax>(12, (n, op) => n.Result("ArgMax", [.. Of(op.Axis, op.KeepDims), ("select_last_index", op.SelectLast ? 1L : 0L)]));
        table.Add<ArgMax>(1, (n, op) => n.Result("ArgMax", [.. Of(op.Axis, op.KeepDims)]), (_, op) => !op.SelectLast);
        table.Add<ArgMin>(12, (n, op) => n.Result("ArgMin", [.. Of(op.Axis, op.KeepDims), ("select_last_index", op.SelectLast ? 1L : 0L)]));
        table.Add<ArgMin>(1, (n, op) => n.Result("ArgMin", [.. Of(op.Axis, op.KeepDims)]), (_, op) => !op.SelectLast);
        table.Add<CumSum>(11, (n, op) => n.Result(
            "CumSum", [n.In(0), n.Constant("axis", Tensor.Scalar<long>(op.Axis))], ("exclusive", op.Exclusive ? 1L : 0L), ("reverse", op.Reverse ? 1L : 0L)));
        table.Add<Gather>(1, (n, op) => n.Result("Gather", [n.In(0), Indices(n)], ("axis", (long)op.Axis)));
        table.Add<GatherElements>(11, (n, op) => n.Result("GatherElements", [n.In(0), Indices(n)], ("axis", (long)op.Axis)));
        table.Add<GatherND>(12, (n, op) => n.Result("GatherND", [n.In(0), LongIndices(n)], ("batch_dims", (long)op.BatchDims)));
        table.Add<GatherND>(11, (n, _) => n.Result("GatherND", [n.In(0), LongIndices(n)]), (_, op) => op.BatchDims == 0);
        table.Add<MaxUnpool>(9, WriteMaxUnpool, (_, op) => op.Indexed == op.NewShape && op.Indexed.Rank >= 3);
        table.Add<OneHot>(9, (n, op) => n.Result("OneHot", [n.In(0), n.Constant("depth", Tensor.Scalar(op.Depth)), n.In(1)], ("axis", (long)op.Axis)), (node, _) => node.Inputs[0].Type.Rank > 0);
        table.Add<ScatterElements>(18, (n, op) => n.Result("ScatterElements", ("axis", (long)op.Axis), Reduction(op.Reduction)));
        table.Add<ScatterElements>(16, (n, op) => n.Result("ScatterElements", ("axis", (long)op.Axis), Reduction(op.Reduction)), (_, op) => IsOld(op.Reduction));
        table.Add<ScatterElements>(11, (n, op) => n.Result("ScatterElements", ("axis", (long)op.Axis)), (_, op) => op.Reduction == ScatterReduction.None);
        table.Add<ScatterND>(18, (n, op) => n.Result("ScatterND", Reduction(op.Reduction)));
        table.Add<ScatterND>(16, (n, op) => n.Result("ScatterND", Reduction(op.Reduction)), (_, op) => IsOld(op.Reduction));
        table.Add<ScatterND>(11, (n, _) => n.Result("ScatterND"), (_, op) => op.Reduction == ScatterReduction.None);
        table.Add<TopK>(11, (n, op) => n.Result("TopK", [n.In(0), n.Ints("k", op.K)], ("axis", (long)op.Axis), ("largest", op.Largest ? 1L : 0L)));
        table.Add<TopK>(10, (n, op) => n.Result("TopK", [n.In(0), n.Ints("k", op.K)], ("axis", (long)op.Axis)), (_, op) => op.Largest);
        table.Add<TopK>(1, (n, op) => n.Result("TopK", ("axis", (long)op.Axis), ("k", op.K)), (_, op) => op.Largest);
    }

    /// <summary>ONNX takes indices of 32 and 64 bits.</summary>
    private static string Indices(NodeExport n) => n.Type(1).Element is DType.Int32 ? n.In(1) : LongIndices(n);

    private static string LongIndices(NodeExport n) =>
        n.Type(1).Element is DType.Int64 ? n.In(1) : n.Emit("Cast", [n.In(1)], ("to", (long)OnnxTypes.Number(DType.Int64)));

    private static IEnumerable<(string, object)> Of(int axis, bool keepDims) => [("axis", (long)axis), ("keepdims", keepDims ? 1L : 0L)];

    private static (string, object) Reduction(ScatterReduction reduction) => ("reduction", reduction.ToString().ToLowerInvariant());

    private static bool IsOld(ScatterReduction reduction) => reduction is ScatterReduction.None or ScatterReduction.Add or ScatterReduction.Mul;

    /// <summary>Any window that gives back the indexed shape will do: kernel and stride 1 do, and the result's shape is given.</summary>
    private static void WriteMaxUnpool(NodeExport n, MaxUnpool op)
    {
        var ones = Enumerable.Repeat(1L, op.NewShape.Rank - 2);
        n.Result("MaxUnpool", [n.In(0), n.In(1), n.Ints("shape", op.NewShape.ToArray())], ("kernel_shape", ones), ("strides", ones));
    }
}
