using Lathe.Formats.Onnx.Protobuf;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Reading;

/// <summary>ONNX's numbers for element types.</summary>
internal static class OnnxTypes
{
    /// <summary>The element type; throws an <see cref="UnsupportedException"/> for those that Lathe has not, a <see cref="ModelException"/> for unknown numbers.</summary>
    public static DType Element(long dataType) => (TensorProto.Types.DataType)dataType switch
    {
        TensorProto.Types.DataType.Float => DType.Float32,
        TensorProto.Types.DataType.Uint8 => DType.UInt8,
        TensorProto.Types.DataType.Int8 => DType.Int8,
        TensorProto.Types.DataType.Uint16 => DType.UInt16,
        TensorProto.Types.DataType.Int16 => DType.Int16,
        TensorProto.Types.DataType.Int32 => DType.Int32,
        TensorProto.Types.DataType.Int64 => DType.Int64,
        TensorProto.Types.DataType.Bool => DType.Bool,
        TensorProto.Types.DataType.Float16 => DType.Float16,
        TensorProto.Types.DataType.Double => DType.Float64,
        TensorProto.Types.DataType.Uint32 => DType.UInt32,
        TensorProto.Types.DataType.Uint64 => DType.UInt64,
        TensorProto.Types.DataType.Bfloat16 => DType.BFloat16,
        var type when dataType is >= 1 and <= 26 => throw new UnsupportedException("LATHE3030", $"tensors of {type.ToString().ToLowerInvariant()} are not supported"),
        _ => throw new ModelException("LATHE3031", $"{dataType} is not the number of an element type"),
    };
}
