using System.Runtime.InteropServices;
using Google.Protobuf;
using Lathe.Formats.Onnx.Protobuf;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Reading;

/// <summary>Makes tensors of their messages. What a shape promises is compared with what is there before anything is allocated.</summary>
internal sealed class TensorReader(ExternalData? external)
{
    public Tensor Read(TensorProto proto)
    {
        var type = OnnxTypes.Element(proto.DataType);
        if (proto.Segment is not null)
            throw new UnsupportedException("LATHE3032", $"the tensor '{proto.Name}' is stored in segments, which is not supported");
        if (proto.Dims.Any(d => d < 0))
            throw new ModelException("LATHE3033", $"the tensor '{proto.Name}' has the extents [{string.Join(",", proto.Dims)}]");
        var shape = Shape.Of(proto.Dims);
        int byteCount = Tensor.ByteCount(type, shape);
        if (proto.DataLocation == TensorProto.Types.DataLocation.External)
        {
            var store = external
                ?? throw new ModelException("LATHE3024", $"the tensor '{proto.Name}' is kept in another file, and the model was read from memory");
            return Checked(new Tensor(type, shape, store.Read(proto, byteCount)));
        }
        if (!proto.HasRawData)
            return FromFields(proto, type, shape);
        if (proto.RawData.Length != byteCount)
            throw WrongSize(proto, type, shape, $"{proto.RawData.Length} bytes", $"{byteCount}");
        // The message's bytes become the tensor's: constants are not written to.
        return Checked(new Tensor(type, shape, MemoryMarshal.AsMemory(proto.RawData.Memory)));
    }

    private static Tensor FromFields(TensorProto proto, DType type, Shape shape)
    {
        long count = shape.ElementCount;
        int present = type switch
        {
            DType.Float32 => proto.FloatData.Count,
            DType.Float64 => proto.DoubleData.Count,
            DType.Int64 => proto.Int64Data.Count,
            DType.UInt64 or DType.UInt32 => proto.Uint64Data.Count,
            _ => proto.Int32Data.Count,
        };
        if (present != count)
            throw WrongSize(proto, type, shape, $"{present} elements", $"{count}");
        var tensor = Tensor.Zeros(type, shape);
        switch (type)
        {
            case DType.Float32: proto.FloatData.ToArray().CopyTo(tensor.Span<float>()); break;
            case DType.Float64: proto.DoubleData.ToArray().CopyTo(tensor.Span<double>()); break;
            case DType.Int64: proto.Int64Data.ToArray().CopyTo(tensor.Span<long>()); break;
            case DType.UInt64: proto.Uint64Data.ToArray().CopyTo(tensor.Span<ulong>()); break;
            case DType.Float16 or DType.BFloat16:
                var bits = MemoryMarshal.Cast<byte, ushort>(tensor.Bytes.Span);
                for (int i = 0; i < present; i++)
                    bits[i] = unchecked((ushort)proto.Int32Data[i]);
                break;
            default:
                for (int i = 0; i < present; i++)
                    tensor.SetInt64(i, type == DType.UInt32 ? unchecked((long)proto.Uint64Data[i]) : proto.Int32Data[i]);
                break;
        }
        return tensor;
    }

    /// <summary>Bools are 0 or 1 in Lathe, whatever byte a file has for true.</summary>
    private static Tensor Checked(Tensor tensor)
    {
        if (tensor.Type != DType.Bool || tensor.Bytes.Span.IndexOfAnyExceptInRange<byte>(0, 1) < 0)
            return tensor;
        var copy = Tensor.Zeros(DType.Bool, tensor.Shape);
        for (int i = 0; i < copy.Count; i++)
            copy.Bytes.Span[i] = tensor.Bytes.Span[i] != 0 ? (byte)1 : (byte)0;
        return copy;
    }

    private static ModelException WrongSize(TensorProto proto, DType type, Shape shape, string present, string needed) =>
        new("LATHE3034", $"the tensor '{proto.Name}' {type.Name}{shape} has {present} and needs {needed}");
}
