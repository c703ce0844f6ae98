using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>Python's x[begin:end:stride, ...]; bits of the masks stand for entries of the lists. With <paramref name="EndIsOffset"/> ends count from the begins.</summary>
internal sealed record StridedSliceSpec(
    long[] Begin, long[] End, long[] Strides, int BeginMask, int EndMask, int EllipsisMask, int NewAxisMask, int ShrinkMask, bool EndIsOffset = false)
{
    /// <summary>What is taken of a value: a slice of all its axes, and the shape that this gets.</summary>
    public (long[] Starts, long[] Sizes, long[] Steps, Shape Result) On(TensorType x)
    {
        if (Begin.Length != End.Length || Begin.Length != Strides.Length || Begin.Length > 30)
            throw Misfit.Of($"its begin, end and strides have {Begin.Length}, {End.Length} and {Strides.Length} entries");
        int taken = Enumerable.Range(0, Begin.Length).Count(i => !Bit(NewAxisMask, i) && !Bit(EllipsisMask, i));
        if (taken > x.Rank)
            throw Misfit.Of($"{taken} axes are sliced of {x}");
        long[] from = new long[x.Rank], sizes = x.Shape.ToArray(), by = [.. Enumerable.Repeat(1L, x.Rank)];
        var shape = new List<Dim>();
        int axis = 0;
        for (int i = 0; i < Begin.Length; i++)
        {
            if (Bit(EllipsisMask, i))
            {
                for (int skipped = x.Rank - taken; skipped > 0; skipped--)
                    shape.Add(x.Shape[axis++]);
            }
            else if (Bit(NewAxisMask, i))
            {
                shape.Add(1);
            }
            else if (Bit(ShrinkMask, i))
            {
                long extent = x.Shape[axis].Value, at = Begin[i] < 0 ? Begin[i] + extent : Begin[i];
                if (at < 0 || at >= extent)
                    throw Misfit.Of($"element {Begin[i]} is not on axis {axis} of {x}");
                (from[axis], sizes[axis++]) = (at, 1);
            }
            else
            {
                long stop = EndIsOffset ? checked(Begin[i] + End[i]) : End[i];
                (from[axis], sizes[axis], by[axis]) = Range(x.Shape[axis].Value, Bit(BeginMask, i) ? null : Begin[i], Bit(EndMask, i) ? null : stop, Strides[i]);
                shape.Add(sizes[axis++]);
            }
        }
        shape.AddRange(x.Shape.Skip(axis));
        return (from, sizes, by, [.. shape]);
    }

    /// <summary>Whether an entry takes one place of an axis, which the result loses.</summary>
    public bool IsPlace(int entry) => Bit(ShrinkMask, entry) && !Bit(NewAxisMask, entry) && !Bit(EllipsisMask, entry);

    public bool NeedsBegin(int entry) => !Bit(BeginMask, entry) && !Bit(NewAxisMask, entry) && !Bit(EllipsisMask, entry);

    public bool NeedsEnd(int entry) => !IsPlace(entry) && !Bit(EndMask, entry) && !Bit(NewAxisMask, entry) && !Bit(EllipsisMask, entry);

    /// <summary>The axis that an entry is about.</summary>
    public int AxisOf(TensorType x, int entry)
    {
        int taken = Enumerable.Range(0, Strides.Length).Count(i => !Bit(NewAxisMask, i) && !Bit(EllipsisMask, i)), axis = 0;
        for (int i = 0; i < entry; i++)
            axis += Bit(EllipsisMask, i) ? Math.Max(0, x.Rank - taken) : Bit(NewAxisMask, i) ? 0 : 1;
        return axis < x.Rank ? axis : throw Misfit.Of($"{taken} axes are sliced of {x}");
    }

    private static bool Bit(int mask, int i) => (mask >> i & 1) != 0;

    /// <summary>Start, number and step of the elements of a Python slice; an end that is left out reaches as far as the step leads.</summary>
    private static (long Start, long Size, long Step) Range(long extent, long? begin, long? end, long step)
    {
        if (step is 0 or > int.MaxValue or < -int.MaxValue)
            throw Misfit.Of($"a slice has the step {step}");
        long low = step > 0 ? 0 : -1, high = step > 0 ? extent : extent - 1;
        long Place(long at) => Math.Clamp(at < 0 ? at + extent : at, low, high);
        long start = begin is { } b ? Place(b) : step > 0 ? 0 : extent - 1;
        long stop = end is { } e ? Place(e) : step > 0 ? extent : -1;
        long size = step > 0 ? Math.Max(0, (stop - start + step - 1) / step) : Math.Max(0, (start - stop - step - 1) / -step);
        return (size == 0 ? 0 : start, size, step);
    }
}
