using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Exporting.Writers;

/// <summary>Ops that move elements about.</summary>
internal static class MovementWriters
{
    public static void AddTo(ExportTable table)
    {
        table.Add<CenterCropPad>(18, (n, op) => n.Result("CenterCropPad", [n.In(0), n.Ints("shape", op.Extents)], ("axes", Longs(op.Axes))));
        table.Add<Concat>(4, (n, op) => n.Result("Concat", ("axis", (long)op.Axis)));
        table.Add<Expand>(8, (n, op) => n.Result("Expand", [n.In(0), n.Ints("shape", op.NewShape.ToArray())]));
        table.Add<Expand>(6, WriteExpandAsTile);
        table.Add<Pad>(11, (n, op) => n.Result(
            "Pad",
            [n.In(0), n.Ints("pads", op.Before.Concat(op.After)), op.Mode == PadMode.Constant ? n.Scalar("value", op.Value, n.Type(0).Element) : ""],
            ("mode", op.Mode.ToString().ToLowerInvariant())), (node, op) => op.Mode != PadMode.Wrap && (op.Mode != PadMode.Constant || node.Output.Element != DType.Bool));
        table.Add<Pad>(19, (n, op) => n.Result("Pad", [n.In(0), n.Ints("pads", op.Before.Concat(op.After))], ("mode", "wrap")), (_, op) => op.Mode == PadMode.Wrap);
        table.Add<Pad>(
            2,
            (n, op) => n.Result("Pad", ("pads", op.Before.Concat(op.After)), ("mode", op.Mode.ToString().ToLowerInvariant()), ("value", op.Value)),
            (node, op) => op.Mode != PadMode.Wrap && node.Output.Element.IsFloat);
        table.Add<Reshape>(5, (n, op) => n.Result(
            "Reshape", [n.In(0), n.Ints("shape", op.NewShape.ToArray())]),
            (_, op) => op.NewShape.IsKnown && !op.NewShape.Contains(0));
        table.Add<Reshape>(14, (n, op) => n.Result("Reshape", [n.In(0), n.Ints("shape", op.NewShape.ToArray())], ("allowzero", 1L)), (_, op) => op.NewShape.IsKnown);
        table.Add<Slice>(10, (n, op) =>
        {
            var (starts, ends) = Bounds(op);
            n.Result("Slice", [n.In(0), n.Ints("starts", starts), n.Ints("ends", ends), n.Ints("axes", starts.Select((_, axis) => (long)axis)), n.Ints("steps", op.Steps)]);
        });
        table.Add<Slice>(1, (n, op) =>
        {
            var (starts, ends) = Bounds(op);
            n.Result("Slice", ("starts", starts), ("ends", ends), ("axes", starts.Select((_, axis) => (long)axis)));
        }, (_, op) => op.Steps.All(s => s == 1));
        table.Add<Tile>(6, (n, op) => n.Result("Tile", [n.In(0), n.Ints("repeats", op.Repeats)]));
        table.Add<Transpose>(1, (n, op) => n.Result("Transpose", ("perm", Longs(op.Permutation))));
        table.Add<Trilu>(14, (n, op) => n.Result("Trilu", [n.In(0), n.Ints("k", op.K)], ("upper", op.Upper ? 1L : 0L)));
        table.Add<ReverseSequence>(10, (n, op) => n.Result("ReverseSequence", ("batch_axis", (long)op.BatchAxis), ("time_axis", (long)op.TimeAxis)));
    }

    internal static IEnumerable<long> Longs(IEnumerable<int> values) => values.Select(v => (long)v);

    /// <summary>Where slices start and end; backwards, the end before the first element is as far back as ONNX takes it.</summary>
    private static (long[] Starts, long[] Ends) Bounds(Slice op) => (
        [.. op.Starts],
        [.. op.Starts.Select((start, axis) =>
        {
            long end = start + (op.Sizes[axis] * op.Steps[axis]);
            return op.Steps[axis] < 0 && end < 0 ? long.MinValue + 1 : end;
        })]);

    /// <summary>Repeats along the axes of extent 1 that grow, after leading axes were added.</summary>
    private static void WriteExpandAsTile(NodeExport n, Expand op)
    {
        long[] from = n.Type(0).Shape.ToArray();
        long[] to = op.NewShape.ToArray();
        long[] padded = [.. Enumerable.Repeat(1L, to.Length - from.Length), .. from];
        string x = n.Emit("Reshape", [n.In(0), n.Ints("shape", padded)]);
        n.Result("Tile", [x, n.Ints("repeats", to.Zip(padded, (t, p) => p == t ? 1 : t))]);
    }
}
