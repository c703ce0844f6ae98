using Lathe.Formats.TFLite.Reading;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Writing;

/// <summary>A tensor of a model to be.</summary>
/// <param name="Buffer">The number of the buffer with its elements; 0 where a run gives them.</param>
internal sealed record DraftTensor(string Name, LiteType Type, EquatableArray<int> Shape, int Buffer = 0, LiteQuantization? Quantization = null)
{
    public bool IsPerAxis => Quantization is { IsPerAxis: true };

    public FlatNode ToNode() => new()
    {
        { 0, Shape.ToArray() }, { 1, (byte)Type }, { 2, (uint)Buffer }, { 3, Name },
        { 4, Quantization is { } q ? new FlatNode { { 2, q.Scales.ToArray() }, { 3, q.ZeroPoints.ToArray() }, { 6, q.Axis } } : null },
    };

    /// <summary>The schema's number of an element type; null for one that it has not.</summary>
    public static LiteType? TypeOf(DType type) => type switch
    {
        DType.Float32 => LiteType.Float32,
        DType.Float16 => LiteType.Float16,
        DType.Float64 => LiteType.Float64,
        DType.BFloat16 => LiteType.BFloat16,
        DType.Int8 => LiteType.Int8,
        DType.Int16 => LiteType.Int16,
        DType.Int32 => LiteType.Int32,
        DType.Int64 => LiteType.Int64,
        DType.UInt8 => LiteType.UInt8,
        DType.UInt16 => LiteType.UInt16,
        DType.UInt32 => LiteType.UInt32,
        DType.UInt64 => LiteType.UInt64,
        DType.Bool => LiteType.Bool,
        _ => null,
    };
}
