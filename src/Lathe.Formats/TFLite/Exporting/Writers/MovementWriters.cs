using Lathe.Formats.TFLite.Writing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using static Lathe.Formats.TFLite.Reading.BuiltinOperator;

namespace Lathe.Formats.TFLite.Exporting.Writers;

/// <summary>Ops that move elements about.</summary>
internal static class MovementWriters
{
    /// <summary>The most axes that kernels pad, slice and transpose.</summary>
    private const int MaxRank = 5;

    private static readonly DType[] Numbers = [DType.Float32, DType.Int32, DType.Int64, DType.Int16, DType.UInt8, DType.Int8];

    public static void AddTo(ExportTable table)
    {
        table.Add<Reshape>((n, _) => n.ReshapedResult(n.In(0)));
        table.Add<Transpose>(WriteTranspose, (node, op) => IsMovable(node) && Moves.Of(node.Inputs[0].Shape, op.Permutation).Permutation.Length <= MaxRank + 1);
        table.Add<Concat>((n, op) => n.Result(
            CONCATENATION,
            [.. Enumerable.Range(0, n.Node.Inputs.Length).Where(i => n.Type(i).Shape.ElementCount > 0).Select(n.In)],
            OptionsKind.Concatenation,
            new() { { 0, op.Axis } }),
            (node, _) => IsMovable(node));
        table.Add<Pad>(WritePad, (node, op) =>
            op.Mode == PadMode.Constant && Numbers.Contains(node.Output.Element) && node.Output.Type.Rank is >= 1 and <= MaxRank && op.Before.Concat(op.After).All(p => p >= 0)
            && node.Inputs[0].Shape.ElementCount > 0);
        table.Add<Pad>((n, op) => n.Result(MIRROR_PAD, [n.In(0), Pairs(n, op)], OptionsKind.MirrorPad, new() { { 0, (byte)0 } }), (node, op) =>
            op.Mode == PadMode.Reflect && Numbers.Contains(node.Output.Element) && node.Output.Type.Rank is >= 1 and <= MaxRank
            && Enumerable.Range(0, op.Before.Count).All(i => Math.Min(op.Before[i], op.After[i]) >= 0 && Math.Max(op.Before[i], op.After[i]) < node.Inputs[0].Shape[i].Value));
        table.Add<Slice>((n, op) => n.Result(SLICE, [n.In(0), n.Ints("begin", op.Starts), n.Ints("size", op.Sizes)], OptionsKind.Slice), (node, op) => CanSlice(node) && op.Steps.All(s => s == 1));
        table.Add<Slice>(WriteStridedSlice, (node, _) => CanSlice(node));
        table.Add<Expand>((n, _) => n.Result(BROADCAST_TO, [n.In(0), n.Ints("shape", n.OutputType.Shape.ToArray())], OptionsKind.BroadcastTo), (node, _) =>
            IsMovable(node) && node.Output.Type.Rank <= 8);
        table.Add<Tile>((n, op) => n.Result(TILE, [n.In(0), n.Ints("repeats", op.Repeats)], OptionsKind.Tile), (node, _) =>
            node.Output.Type.Rank > 0 && node.Output.Shape.ElementCount > 0 && node.Output.Element is DType.Float32 or DType.Int32 or DType.Int64 or DType.UInt8 or DType.Int8 or DType.Bool);
        table.Add<ReverseSequence>(
            (n, op) => n.Result(REVERSE_SEQUENCE, n.Ins(), OptionsKind.ReverseSequence, new() { { 0, op.TimeAxis }, { 1, op.BatchAxis } }),
            (node, _) => node.Output.Element is DType.Float32 or DType.UInt8 or DType.Int16 or DType.Int32 or DType.Int64 && node.Inputs[1].Element is DType.Int32 or DType.Int64);
        table.Add<Trilu>(WriteTrilu, (node, _) => node.Output.Type.Rank is >= 2 and <= Broadcasts.MaxRank && Numbers.Append(DType.Bool).Contains(node.Output.Element));
    }

    private static bool IsMovable(Node node) => (Numbers.Contains(node.Output.Element) || node.Output.Element == DType.Bool) && node.Output.Shape.ElementCount > 0;

    private static bool CanSlice(Node node) => IsMovable(node) && node.Output.Type.Rank is >= 1 and <= MaxRank;

    /// <summary>Where there are many axes, neighbours that stay together are one.</summary>
    private static void WriteTranspose(NodeExport n, Transpose op)
    {
        if (op.Permutation.Count is 0)
        {
            n.ReshapedResult(n.In(0));
            return;
        }
        if (op.Permutation.Count < MaxRank)
        {
            n.Result(TRANSPOSE, [n.In(0), n.Ints("permutation", op.Permutation.Select(p => (long)p))], OptionsKind.Transpose);
            return;
        }
        var (shape, permutation) = Moves.Of(n.Type(0).Shape, op.Permutation);
        var joined = n.Type(0).WithShape(shape);
        n.ReshapedResult(n.Transposed(n.Reshaped(n.In(0), joined), joined, permutation));
    }

    private static int Pairs(NodeExport n, Pad op) =>
        n.Constant("paddings", Tensor.Of(Shape.Of(op.Before.Count, 2), op.Before.Zip(op.After).SelectMany(p => new[] { checked((int)p.First), checked((int)p.Second) }).ToArray()));

    private static void WritePad(NodeExport n, Pad op)
    {
        if (op.Value == 0)
            n.Result(PAD, [n.In(0), Pairs(n, op)], OptionsKind.Pad);
        else
            n.Result(PADV2, [n.In(0), Pairs(n, op), n.Scalar("value", op.Value, n.OutputType.Element)], OptionsKind.PadV2);
    }

    /// <summary>Backwards, the end before the first element is left open by a bit of the end mask.</summary>
    private static void WriteStridedSlice(NodeExport n, Slice op)
    {
        int endMask = 0;
        long[] ends = [.. op.Starts.Select((start, axis) => start + (op.Sizes[axis] * op.Steps[axis]))];
        for (int axis = 0; axis < ends.Length; axis++)
        {
            if (ends[axis] >= 0)
                continue;
            ends[axis] = 0;
            endMask |= 1 << axis;
        }
        n.Result(STRIDED_SLICE, [n.In(0), n.Ints("begin", op.Starts), n.Ints("end", ends), n.Ints("strides", op.Steps)], OptionsKind.StridedSlice, new() { { 1, endMask } });
    }

    /// <summary>Elements on one side of a diagonal; zeros elsewhere.</summary>
    private static void WriteTrilu(NodeExport n, Trilu op)
    {
        var mask = Tensor.Zeros(DType.Bool, Shape.Of(n.OutputType.Shape[^2].Value, n.OutputType.Shape[^1].Value));
        for (long i = 0, columns = mask.Shape[1].Value; i < mask.Count; i++)
        {
            long above = (i % columns) - (i / columns);
            mask.SetInt64(i, (op.Upper ? above >= op.K : above <= op.K) ? 1 : 0);
        }
        n.Result(SELECT_V2, [n.Constant("mask", mask), n.In(0), n.Scalar("zero", 0, n.OutputType.Element)], OptionsKind.SelectV2);
    }
}
