using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Lathe.Formats.TensorFlow.Protobuf;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Reading;

/// <summary>Makes tensors of messages. What a shape promises is compared with what is there before anything is allocated.</summary>
internal static class TensorProtos
{
    /// <summary>The most elements that a message may hold without having them all.</summary>
    private const long MaxRepeated = 1 << 20;

    /// <summary>A number that stands for all elements of a shape, or null where the message is not of that kind or small.</summary>
    public static (Tensor Number, Shape Shape)? ReadRepeated(TensorProto proto)
    {
        var shape = Shapes.Known(proto.TensorShape);
        var type = DataTypes.Element(DataTypes.Of(proto.Dtype));
        if (proto.TensorContent.Length > 0 || Given(proto, type) > 1 || shape.ElementCount <= MaxRepeated >> 4)
            return null;
        var number = Tensor.Zeros(type, Shape.Scalar);
        if (Given(proto, type) == 1)
            Set(number, 0, proto);
        return (number, shape);
    }

    public static Tensor Read(TensorProto proto)
    {
        var type = DataTypes.Element(DataTypes.Of(proto.Dtype));
        var shape = Shapes.Known(proto.TensorShape);
        if (proto.TensorContent.Length > 0)
        {
            int expected = Tensor.ByteCount(type, shape);
            if (proto.TensorContent.Length != expected)
                throw new ModelException("LATHE3505", $"a constant {type.Name}{shape} has {proto.TensorContent.Length} bytes and needs {expected}");
            return Booleans.Normalized(new(type, shape, MemoryMarshal.AsMemory(proto.TensorContent.Memory)));
        }
        long count = shape.ElementCount;
        int given = Given(proto, type);
        if (given > count)
            throw new ModelException("LATHE3505", $"a constant {type.Name}{shape} has {given} elements");
        if (count > MaxRepeated && given < count)
            throw new ModelException("LATHE3505", $"a constant {type.Name}{shape} has only {given} elements of its own");
        var tensor = Tensor.Zeros(type, shape);
        for (int i = 0; i < given; i++)
            Set(tensor, i, proto);
        if (given > 0 && given < count)
            Repeat(tensor, given - 1);
        return tensor;
    }

    public static StringTensor ReadStrings(TensorProto proto)
    {
        var shape = Shapes.Known(proto.TensorShape);
        long count = shape.ElementCount;
        if (count > MaxRepeated >> 4 && count > proto.StringVal.Count)
            throw new ModelException("LATHE3505", $"a constant of texts {shape} has only {proto.StringVal.Count} of its own");
        var elements = ImmutableArray.CreateBuilder<ByteString>((int)count);
        for (int i = 0; i < count; i++)
            elements.Add(proto.StringVal.Count == 0 ? ByteString.Empty : proto.StringVal[Math.Min(i, proto.StringVal.Count - 1)]);
        return new(shape, elements.MoveToImmutable());
    }

    private static int Given(TensorProto proto, DType type) => type switch
    {
        DType.Float32 => proto.FloatVal.Count,
        DType.Float64 => proto.DoubleVal.Count,
        DType.Int64 => proto.Int64Val.Count,
        DType.Bool => proto.BoolVal.Count,
        DType.Float16 or DType.BFloat16 => proto.HalfVal.Count,
        DType.UInt32 => proto.Uint32Val.Count,
        DType.UInt64 => proto.Uint64Val.Count,
        _ => proto.IntVal.Count,
    };

    private static void Set(Tensor tensor, int i, TensorProto proto)
    {
        switch (tensor.Type)
        {
            case DType.Float32: tensor.Span<float>()[i] = proto.FloatVal[i]; break;
            case DType.Float64: tensor.Span<double>()[i] = proto.DoubleVal[i]; break;
            case DType.Int64: tensor.SetInt64(i, proto.Int64Val[i]); break;
            case DType.Bool: tensor.SetInt64(i, proto.BoolVal[i] ? 1 : 0); break;
            case DType.Float16 or DType.BFloat16: MemoryMarshal.Cast<byte, ushort>(tensor.Bytes.Span)[i] = unchecked((ushort)proto.HalfVal[i]); break;
            case DType.UInt32: tensor.SetInt64(i, proto.Uint32Val[i]); break;
            case DType.UInt64: tensor.SetInt64(i, unchecked((long)proto.Uint64Val[i])); break;
            default: tensor.SetInt64(i, proto.IntVal[i]); break;
        }
    }

    private static void Repeat(Tensor tensor, int last)
    {
        int size = tensor.Type.Size;
        var bytes = tensor.Bytes.Span;
        var element = bytes.Slice(last * size, size);
        for (int at = (last + 1) * size; at < bytes.Length; at += size)
            element.CopyTo(bytes[at..]);
    }
}
