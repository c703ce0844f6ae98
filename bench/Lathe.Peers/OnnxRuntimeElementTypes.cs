using Lathe.Tensors;

namespace Lathe.Peers;

/// <summary>Element types by ONNX Runtime's numbers, which are those of ONNX's TensorProto.DataType.</summary>
internal static class OnnxRuntimeElementTypes
{
    public static DType? FromNumber(int number) => number switch
    {
        1 => DType.Float32,
        2 => DType.UInt8,
        3 => DType.Int8,
        4 => DType.UInt16,
        5 => DType.Int16,
        6 => DType.Int32,
        7 => DType.Int64,
        9 => DType.Bool,
        10 => DType.Float16,
        11 => DType.Float64,
        12 => DType.UInt32,
        13 => DType.UInt64,
        16 => DType.BFloat16,
        _ => null,
    };

    public static int ToNumber(DType type) => type switch
    {
        DType.Float32 => 1,
        DType.UInt8 => 2,
        DType.Int8 => 3,
        DType.UInt16 => 4,
        DType.Int16 => 5,
        DType.Int32 => 6,
        DType.Int64 => 7,
        DType.Bool => 9,
        DType.Float16 => 10,
        DType.Float64 => 11,
        DType.UInt32 => 12,
        DType.UInt64 => 13,
        _ => 16,
    };
}
