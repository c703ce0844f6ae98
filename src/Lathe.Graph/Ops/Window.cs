using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// How a window moves over the spatial axes of an image, for convolutions and pooling. One entry a spatial axis.
/// <paramref name="PadsAfter"/> may be what makes the output as large as the model says (auto_pad, ceil_mode): it can reach further than any element.
/// </summary>
public sealed record Window(
    EquatableArray<long> Kernel,
    EquatableArray<long> Strides,
    EquatableArray<long> PadsBefore,
    EquatableArray<long> PadsAfter,
    EquatableArray<long> Dilations)
{
    public int Rank => Kernel.Count;

    public bool HasPadding => PadsBefore.Any(p => p != 0) || PadsAfter.Any(p => p != 0);

    /// <summary>Elements from the first to the last that the window covers along an axis.</summary>
    public long Span(int axis) => ((Kernel[axis] - 1) * Dilations[axis]) + 1;

    /// <summary>Stride 1, no padding, no dilation.</summary>
    public static Window Of(params ReadOnlySpan<long> kernel)
    {
        var ones = Enumerable.Repeat(1L, kernel.Length).ToEquatableArray();
        var zeros = Enumerable.Repeat(0L, kernel.Length).ToEquatableArray();
        return new(EquatableArray.Create(kernel), ones, zeros, zeros, ones);
    }

    /// <summary>Checks that all members have one entry an axis and sensible values; throws a <see cref="ModelException"/>.</summary>
    public void Check(int spatialRank)
    {
        if (new[] { Kernel, Strides, PadsBefore, PadsAfter, Dilations }.Any(a => a.Count != spatialRank))
            throw new ModelException("LATHE2010", $"the window has {Rank} axes and the image {spatialRank}");
        if (Kernel.Concat(Strides).Concat(Dilations).Any(v => v is < 1 or > int.MaxValue))
            throw new ModelException("LATHE2011", $"kernel {Kernel}, strides {Strides} and dilations {Dilations} must be positive");
        if (PadsBefore.Concat(PadsAfter).Any(v => Math.Abs(v) > int.MaxValue))
            throw new ModelException("LATHE2012", $"padding {PadsBefore} {PadsAfter} is out of range");
    }

    /// <summary>The output's extent along a spatial axis; throws when the window is larger than the padded image.</summary>
    public Dim OutputExtent(int axis, Dim input)
    {
        long reach = Span(axis);
        if (!input.IsKnown)
            return ((input + (PadsBefore[axis] + PadsAfter[axis]) - reach) / Strides[axis]) + 1;
        long room = input.Value + PadsBefore[axis] + PadsAfter[axis] - reach;
        return room >= 0
            ? (room / Strides[axis]) + 1
            : throw new ModelException("LATHE2013", $"the window ({reach} elements) is larger than the padded image ({room + reach}) along spatial axis {axis}");
    }

    /// <summary>The input's index along a spatial axis, which may lie in the padding, for an output's index and a place in the kernel.</summary>
    public Expr InputIndex(int axis, Expr output, Expr kernel) => (output * Strides[axis]) + (kernel * Dilations[axis]) - PadsBefore[axis];

    /// <summary>Whether any window reaches outside of the image.</summary>
    public bool ReachesPadding(int axis, long input, long output) =>
        PadsBefore[axis] > 0 || ((output - 1) * Strides[axis]) + ((Kernel[axis] - 1) * Dilations[axis]) - PadsBefore[axis] >= input;
}
