using Lathe.Formats.TFLite.Writing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using static Lathe.Formats.TFLite.Reading.BuiltinOperator;

namespace Lathe.Formats.TFLite.Exporting.Writers;

/// <summary>Ops that pick, put, rank or count elements by index.</summary>
internal static class IndexWriters
{
    private static readonly DType[] Gathered = [DType.Float32, DType.UInt8, DType.Int8, DType.Int16, DType.Int32, DType.Int64];

    private static readonly DType[] Scattered = [DType.Float32, DType.UInt8, DType.Int8, DType.Int32, DType.Int64];

    public static void AddTo(ExportTable table)
    {
        table.Add<ArgMax>((n, op) => WriteArg(n, ARG_MAX, OptionsKind.ArgMax, op.Axis), (node, op) => CanRank(node) && !op.SelectLast);
        table.Add<ArgMin>((n, op) => WriteArg(n, ARG_MIN, OptionsKind.ArgMin, op.Axis), (node, op) => CanRank(node) && !op.SelectLast);
        table.Add<CumSum>(
            (n, op) => n.Result(CUMSUM, [n.In(0), n.Int("axis", op.Axis)], OptionsKind.Cumsum, new() { { 0, op.Exclusive }, { 1, op.Reverse } }),
            (node, _) => node.Output.Element is DType.Float32 or DType.Int32 or DType.Int64 && node.Output.Shape.ElementCount > 0);
        table.Add<Gather>(
            (n, op) => n.Result(GATHER, [n.In(0), Indices.Along(n, 1, n.Type(0).Shape[op.Axis].Value)], OptionsKind.Gather, new() { { 0, op.Axis } }),
            (node, _) => Gathered.Append(DType.Bool).Contains(node.Output.Element) && node.Output.Shape.ElementCount > 0);
        table.Add<GatherND>((n, _) => n.Result(GATHER_ND, [n.In(0), Indices.Vectors(n, 1)], OptionsKind.GatherNd), (node, op) =>
            op.BatchDims == 0 && Gathered.Contains(node.Output.Element) && node.Inputs[1].Shape[^1].Value > 0 && node.Output.Shape.ElementCount > 0);
        table.Add<GatherND>(WriteBatchedGather, (node, op) =>
            op.BatchDims > 0 && Gathered.Contains(node.Output.Element) && node.Inputs[1].Shape[^1].Value == 1 && node.Output.Shape.ElementCount > 0);
        table.Add<GatherElements>(
            (n, op) => n.Result(GATHER_ND, [n.In(0), Indices.Places(n, 1, op.Axis)], OptionsKind.GatherNd),
            (node, _) => Gathered.Contains(node.Output.Element) && node.Output.Shape.ElementCount > 0);
        table.Add<OneHot>(WriteOneHot, (node, _) =>
            node.Inputs[0].Element is DType.Int32 or DType.Int64 or DType.UInt8 or DType.Int8 && node.Inputs[1].Constant is not null
            && node.Output.Element is DType.Float32 or DType.Int32 or DType.Int64 or DType.UInt8 or DType.Int8 or DType.Bool);
        table.Add<ScatterElements>(
            (n, op) => WriteScatter(n, op.Reduction, Indices.Places(n, 1, op.Axis), n.Type(1).Shape.ElementCount),
            (node, op) => CanScatter(node, op.Reduction));
        table.Add<ScatterND>((n, op) => WriteScatter(n, op.Reduction, Indices.Vectors(n, 1), 0), (node, op) => CanScatter(node, op.Reduction) && node.Inputs[1].Shape[^1].Value > 0);
        table.Add<TopK>(WriteTopK, (node, op) => op.Largest && op.K > 0 && op.Axis == node.Inputs[0].Type.Rank - 1 && Scattered.Contains(node.Output.Element));
    }

    private static bool CanRank(Node node) => node.Inputs[0].Element is DType.Float32 or DType.UInt8 or DType.Int8 or DType.Int32;

    /// <summary>The index, without the axis that it goes along.</summary>
    private static void WriteArg(NodeExport n, Reading.BuiltinOperator op, OptionsKind kind, int axis)
    {
        int[] inputs = [n.In(0), n.Int("axis", axis)];
        FlatNode options = new() { { 0, (byte)DraftTensor.TypeOf(DType.Int64)! } };
        Shape left = [.. n.Type(0).Shape.Where((_, i) => i != axis)];
        if (left == n.OutputType.Shape)
            n.Result(op, inputs, kind, options);
        else
            n.ReshapedResult(n.Emit(op, n.OutputType.WithShape(left), inputs, kind, options));
    }

    /// <summary>Index vectors of one element after leading axes that data and indices share.</summary>
    private static void WriteBatchedGather(NodeExport n, GatherND op)
    {
        int indices = Indices.Along(n, 1, n.Type(0).Shape[op.BatchDims].Value);
        int flat = n.Reshaped(indices, new(Indices.TypeOf(n.Type(1).Element), [.. n.Type(1).Shape.SkipLast(1)]));
        n.Result(GATHER, [n.In(0), flat], OptionsKind.Gather, new() { { 0, op.BatchDims }, { 1, op.BatchDims } });
    }

    /// <summary>Operands: indices, depth, the value at the index, the value elsewhere. Indices below 0 count from the end.</summary>
    private static void WriteOneHot(NodeExport n, OneHot op)
    {
        var values = n.ConstantOf(1)!;
        Tensor At(int i) => new(values.Type, Shape.Scalar, values.Bytes.Slice(i * values.Type.Size, values.Type.Size));
        int indices = Indices.Counted(n, 0, op.Depth);
        n.Result(ONE_HOT, [indices, n.Int("depth", op.Depth), n.Constant("on", At(1)), n.Constant("off", At(0))], OptionsKind.OneHot, new() { { 0, op.Axis } });
    }

    private static bool CanScatter(Node node, ScatterReduction reduction) =>
        reduction is ScatterReduction.None or ScatterReduction.Add && Scattered.Contains(node.Output.Element) && node.Output.Shape.ElementCount > 0 && node.Inputs[1].Shape.ElementCount > 0
        && (reduction == ScatterReduction.None || node.Output.Element is DType.Float32 or DType.Int32 or DType.Int64) && node.Output.Type.Rank <= Broadcasts.MaxRank;

    /// <summary>
    /// TFLite adds updates up in zeros. They are added to the data, or, where they replace it, chosen at the places where ones that are scattered likewise land; no
    /// place may be written twice then.
    /// </summary>
    private static void WriteScatter(NodeExport n, ScatterReduction reduction, int indices, long elements)
    {
        int updates = elements > 0 ? n.Reshaped(n.In(2), n.Type(2).WithShape([elements])) : n.In(2);
        Shape updateShape = elements > 0 ? [elements] : n.Type(2).Shape;
        int shape = n.Ints("shape", n.OutputType.Shape.ToArray());
        if (reduction == ScatterReduction.Add && IsZero(n.Node.Inputs[0]))
        {
            n.Result(SCATTER_ND, [indices, updates, shape], OptionsKind.ScatterNd);
            return;
        }
        int scattered = n.Emit(SCATTER_ND, n.OutputType, [indices, updates, shape], OptionsKind.ScatterNd);
        if (reduction == ScatterReduction.Add)
        {
            n.Result(ADD, [n.In(0), scattered], OptionsKind.Add);
            return;
        }
        var ones = Tensor.Zeros(DType.Int32, updateShape);
        ones.Span<int>().Fill(1);
        var counts = n.OutputType.WithElement(DType.Int32);
        int hits = n.Emit(SCATTER_ND, counts, [indices, n.Constant("ones", ones), shape], OptionsKind.ScatterNd);
        int isHit = n.Emit(GREATER, n.OutputType.WithElement(DType.Bool), [hits, n.Int("none", 0)], OptionsKind.Greater);
        n.Result(SELECT_V2, [isHit, scattered, n.In(0)], OptionsKind.SelectV2);
    }

    private static bool IsZero(Value value) => value.Op switch
    {
        Expand => IsZero(value.Node.Inputs[0]),
        Constant { Tensor: var tensor } => tensor.Bytes.Span.IndexOfAnyExcept((byte)0) < 0,
        _ => false,
    };

    /// <summary>The numbers of the elements are i32 there.</summary>
    private static void WriteTopK(NodeExport n, TopK op)
    {
        int narrow = n.Temporary("indices", new(DType.Int32, n.OutputType.Shape));
        n.Operator(TOPK_V2, [n.In(0), n.Int("k", op.K)], [n.Out(0), narrow], OptionsKind.TopKV2);
        n.Operator(CAST, [narrow], [n.Out(1)], OptionsKind.Cast, NodeExport.CastOptions(DType.Int32, DType.Int64));
    }
}
