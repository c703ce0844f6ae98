using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting.Rules;

/// <summary>Padding that removes elements becomes a slice; padding by elements that TFLite cannot mirror becomes a gather along each axis.</summary>
internal sealed class PadByIndex : Rule<Pad>
{
    protected override Value? Apply(Node node, Pad op, RewriteContext context)
    {
        var x = node.Inputs[0];
        if (!x.Shape.IsKnown || x.Shape.ElementCount == 0)
            return null;
        if (op.Mode == PadMode.Constant)
            return op.Before.Concat(op.After).Any(p => p < 0) ? Sliced(x, op, context.Builder) : null;
        if (ExportTable.CanWrite(node))
            return null;
        for (int axis = 0; axis < x.Type.Rank; axis++)
        {
            if (op.Before[axis] == 0 && op.After[axis] == 0)
                continue;
            long extent = x.Shape[axis].Value, before = op.Before[axis];
            var elements = Tensor.Zeros(DType.Int64, [extent + before + op.After[axis]]);
            for (long i = 0; i < elements.Count; i++)
                elements.SetInt64(i, Source(op.Mode, i - before, extent));
            x = context.Builder.Add(new Gather(axis), x, context.Builder.Constant(elements));
        }
        return x;
    }

    private static Value? Sliced(Value x, Pad op, GraphBuilder b)
    {
        long[] starts = [.. op.Before.Select(p => Math.Max(0, -p))];
        long[] sizes = [.. x.Shape.Select((d, axis) => Math.Max(0, d.Value - starts[axis] - Math.Max(0, -op.After[axis])))];
        if (x.Shape.Index().Any(d => starts[d.Index] + Math.Max(0, -op.After[d.Index]) > d.Item.Value))
            return null;
        var kept = b.Add(new Slice(starts, sizes, sizes.Select(_ => 1L).ToEquatableArray()), x);
        return b.Add(op with { Before = [.. op.Before.Select(p => Math.Max(0, p))], After = [.. op.After.Select(p => Math.Max(0, p))] }, kept);
    }

    private static long Source(PadMode mode, long at, long extent)
    {
        static long Mod(long a, long b) => ((a % b) + b) % b;
        return mode switch
        {
            PadMode.Wrap => Mod(at, extent),
            PadMode.Reflect when extent > 1 => Math.Min(Mod(at, 2 * (extent - 1)), (2 * (extent - 1)) - Mod(at, 2 * (extent - 1))),
            _ => Math.Clamp(at, 0, extent - 1),
        };
    }
}
