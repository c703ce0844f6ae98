using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Reading;

/// <summary>Makes tensors of a model's buffers. What a shape promises is compared with what is there before anything is allocated.</summary>
internal sealed class TensorReader(LiteModel model)
{
    /// <summary>The stored tensor, or null where the model stores none. Four-bit integers become int8; sparse tensors are filled with zeros.</summary>
    public Tensor? Read(LiteTensor tensor)
    {
        var bytes = model.BufferBytes(tensor.Buffer);
        var shape = ShapeOf(tensor);
        if (bytes.IsEmpty && (shape.ElementCount != 0 || tensor.Buffer == 0))
            return null;
        var type = Element(tensor.Type, tensor.Name);
        if (tensor.Sparsity is { } sparsity)
            return SparseTensor.Read(sparsity, tensor.Name, type, shape, bytes);
        if (tensor.Type == LiteType.Int4)
            return Int4(tensor, shape, bytes.Span);
        int expected = Tensor.ByteCount(type, shape);
        if (bytes.Length != expected)
            throw new ModelException("LATHE3206", $"the tensor '{tensor.Name}' {type.Name}{shape} has {bytes.Length} bytes and needs {expected}");
        if (type == DType.Bool && bytes.Span.IndexOfAnyExceptInRange<byte>(0, 1) >= 0)
            return new(type, shape, bytes.ToArray().Select(b => b != 0 ? (byte)1 : (byte)0).ToArray());
        // The file's bytes become the tensor's: constants are not written to.
        return new(type, shape, System.Runtime.InteropServices.MemoryMarshal.AsMemory(bytes));
    }

    public static Shape ShapeOf(LiteTensor tensor) => tensor.Shape.All(d => d >= 0)
        ? Shape.Of(tensor.Shape.Select(d => (long)d))
        : throw new ModelException("LATHE3207", $"the tensor '{tensor.Name}' has the extents [{string.Join(",", tensor.Shape)}]");

    /// <summary>The element type; throws an <see cref="UnsupportedException"/> for those that Lathe has not.</summary>
    public static DType Element(LiteType type, string name) => type switch
    {
        LiteType.Float32 => DType.Float32,
        LiteType.Float16 => DType.Float16,
        LiteType.Int32 => DType.Int32,
        LiteType.UInt8 => DType.UInt8,
        LiteType.Int64 => DType.Int64,
        LiteType.Bool => DType.Bool,
        LiteType.Int16 => DType.Int16,
        LiteType.Int8 or LiteType.Int4 => DType.Int8,
        LiteType.Float64 => DType.Float64,
        LiteType.UInt64 => DType.UInt64,
        LiteType.UInt32 => DType.UInt32,
        LiteType.UInt16 => DType.UInt16,
        LiteType.BFloat16 => DType.BFloat16,
        _ when Enum.IsDefined(type) => throw new UnsupportedException("LATHE3208", $"the tensor '{name}' is of {type.ToString().ToLowerInvariant()}, which is not supported"),
        _ => throw new ModelException("LATHE3209", $"the tensor '{name}' has the element type {(byte)type}, which there is not"),
    };

    /// <summary>Two elements a byte, the lower half first.</summary>
    private static Tensor Int4(LiteTensor tensor, Shape shape, ReadOnlySpan<byte> bytes)
    {
        int count = Tensor.ByteCount(DType.Int8, shape);
        if (bytes.Length != (count + 1) / 2)
            throw new ModelException("LATHE3206", $"the tensor '{tensor.Name}' i4{shape} has {bytes.Length} bytes and needs {(count + 1) / 2}");
        var result = Tensor.Zeros(DType.Int8, shape);
        var elements = result.Span<sbyte>();
        for (int i = 0; i < count; i++)
            elements[i] = (sbyte)((sbyte)(i % 2 == 0 ? bytes[i / 2] << 4 : bytes[i / 2]) >> 4);
        return result;
    }
}
