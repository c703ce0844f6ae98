using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Reading;

/// <summary>A tensor as the file describes it.</summary>
internal sealed class LiteTensor(FlatTable table)
{
    public string Name { get; } = table.Text(3);

    /// <summary>The extents that the converter knew; what it did not know is 1 here and -1 in <see cref="ShapeSignature"/>.</summary>
    public int[] Shape { get; } = table.Numbers<int>(0);

    /// <summary>The extents with -1 for open ones; empty where all are fixed.</summary>
    public int[] ShapeSignature { get; } = table.Numbers<int>(7);

    public LiteType Type { get; } = (LiteType)table.Byte(1);

    public uint Buffer { get; } = table.UInt(2);

    /// <summary>Whether the tensor keeps its value from one run to the next.</summary>
    public bool IsVariable { get; } = table.Bool(5);

    public FlatTable? Sparsity => table.Table(6);

    public LiteQuantization? Quantization { get; } = LiteQuantization.Of(table.Table(4));
}

/// <summary>The schema's numbers for element types.</summary>
internal enum LiteType : byte
{
    Float32, Float16, Int32, UInt8, Int64, String, Bool, Int16, Complex64, Int8, Float64, Complex128, UInt64, Resource, Variant, UInt32, UInt16, Int4, BFloat16,
}

/// <summary>real = scale * (stored - zero point), one of each or one for each place along <paramref name="Axis"/>.</summary>
internal sealed record LiteQuantization(EquatableArray<float> Scales, EquatableArray<long> ZeroPoints, int Axis)
{
    public bool IsPerAxis => Scales.Count > 1;

    public float Scale => Scales[0];

    public int ZeroPoint => (int)ZeroPoints[0];

    public static LiteQuantization? Of(Scaling scaling) =>
        scaling.Scales.Count == 0 ? null : new([.. scaling.Scales.Select(s => (float)s)], scaling.ZeroPoints, scaling.Axis);

    public Scaling ToScaling() => new([.. Scales.Select(s => (double)s)], ZeroPoints, IsPerAxis ? Axis : 0);

    /// <summary>Null where the table is missing or holds only ranges, as converters of float models leave it.</summary>
    public static LiteQuantization? Of(FlatTable? table)
    {
        if (table is not { } t)
            return null;
        var scales = t.Numbers<float>(2);
        long[] zeroPoints = t.Numbers<long>(3);
        if (scales.Length == 0)
            return null;
        if (zeroPoints.Length == 0)
            zeroPoints = new long[scales.Length];
        if (zeroPoints.Length == 1 && scales.Length > 1)
            zeroPoints = [.. Enumerable.Repeat(zeroPoints[0], scales.Length)];
        if (zeroPoints.Length != scales.Length || zeroPoints.Any(z => z is < int.MinValue or > int.MaxValue))
            throw new ModelException("LATHE3205", $"a tensor has {scales.Length} scales and {zeroPoints.Length} zero points, or ones that are out of range");
        return new(scales, zeroPoints, t.Int(6));
    }
}
