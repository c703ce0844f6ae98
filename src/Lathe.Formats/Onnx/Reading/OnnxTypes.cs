using Lathe.Formats.Onnx.Protobuf;
using Lathe.Graphs;
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

    public static int Number(DType type) => (int)(type switch
    {
        DType.Float32 => TensorProto.Types.DataType.Float,
        DType.UInt8 => TensorProto.Types.DataType.Uint8,
        DType.Int8 => TensorProto.Types.DataType.Int8,
        DType.UInt16 => TensorProto.Types.DataType.Uint16,
        DType.Int16 => TensorProto.Types.DataType.Int16,
        DType.Int32 => TensorProto.Types.DataType.Int32,
        DType.Int64 => TensorProto.Types.DataType.Int64,
        DType.Bool => TensorProto.Types.DataType.Bool,
        DType.Float16 => TensorProto.Types.DataType.Float16,
        DType.Float64 => TensorProto.Types.DataType.Double,
        DType.UInt32 => TensorProto.Types.DataType.Uint32,
        DType.UInt64 => TensorProto.Types.DataType.Uint64,
        DType.BFloat16 => TensorProto.Types.DataType.Bfloat16,
        _ => throw new InternalException("LATHE3304", $"ONNX has no element type {type}"),
    });

    /// <summary>A type as inputs and outputs state it; open extents keep their symbols.</summary>
    public static TypeProto Proto(TensorType type)
    {
        var shape = new TensorShapeProto();
        shape.Dim.AddRange(type.Shape.Select(d => d.IsKnown
            ? new TensorShapeProto.Types.Dimension { DimValue = d.Value }
            : new TensorShapeProto.Types.Dimension { DimParam = d.ToString() }));
        return new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = Number(type.Element), Shape = shape } };
    }
}
