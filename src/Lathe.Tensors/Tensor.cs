using System.Runtime.InteropServices;

namespace Lathe.Tensors;

/// <summary>
/// A dense, row-major block of elements. The bytes are little-endian and may live in an array or in a mapped file.
/// Tensors that serve as constants of a graph must not be written to after they are handed over.
/// </summary>
public sealed class Tensor
{
    /// <summary>Wraps <paramref name="bytes"/>, whose length must be exactly what type and shape say.</summary>
    public Tensor(DType type, Shape shape, Memory<byte> bytes)
    {
        long expected = ByteCount(type, shape);
        if (bytes.Length != expected)
            throw new ModelException("LATHE1005", $"a tensor {type.Name}{shape} needs {expected} bytes, and {bytes.Length} were given");
        (Type, Shape, Bytes) = (type, shape, bytes);
    }

    public DType Type { get; }

    public Shape Shape { get; }

    public Memory<byte> Bytes { get; }

    public long Count => Bytes.Length / Type.Size;

    /// <summary>The bytes that a tensor takes; throws a <see cref="ModelException"/> over 2 GB or for unknown extents.</summary>
    public static int ByteCount(DType type, Shape shape)
    {
        var count = shape.ElementCount;
        return count <= int.MaxValue / type.Size
            ? (int)count * type.Size
            : throw new ModelException("LATHE1006", $"a tensor {type.Name}{shape} is larger than 2 GB");
    }

    public static Tensor Zeros(DType type, Shape shape) => new(type, shape, new byte[ByteCount(type, shape)]);

    /// <summary>Elements in row-major order, as many as the shape has; throws a <see cref="ModelException"/> otherwise.</summary>
    public static Tensor Of<T>(Shape shape, params ReadOnlySpan<T> elements) where T : unmanaged =>
        new(DTypes.Of<T>(), shape, MemoryMarshal.AsBytes(elements).ToArray());

    public static Tensor Scalar<T>(T value) where T : unmanaged => Of(Shape.Scalar, value);

    public static Tensor Vector<T>(params ReadOnlySpan<T> elements) where T : unmanaged => Of(Shape.Of(elements.Length), elements);

    /// <summary>The elements as <typeparamref name="T"/>, which must be the element type's own representation (bfloat16: ushort).</summary>
    public Span<T> Span<T>() where T : unmanaged
    {
        if (DTypes.Of<T>() != Type && !(Type == DType.BFloat16 && typeof(T) == typeof(ushort)))
            throw new InternalException("LATHE1007", $"a tensor of {Type.Name} was read as {DTypes.Of<T>().Name}");
        return MemoryMarshal.Cast<byte, T>(Bytes.Span);
    }

    /// <summary>Element <paramref name="i"/> in row-major order as a double; bool gives 0 or 1.</summary>
    public double GetDouble(long i)
    {
        int at = checked((int)i);
        return Type switch
        {
            DType.Float32 => Span<float>()[at],
            DType.Float64 => Span<double>()[at],
            DType.Float16 => (double)Span<Half>()[at],
            DType.BFloat16 => BFloat16Bits.ToSingle(Span<ushort>()[at]),
            DType.UInt64 => Span<ulong>()[at],
            _ => GetInt64(i),
        };
    }

    /// <summary>Element <paramref name="i"/> as an integer; floats are truncated and saturate.</summary>
    public long GetInt64(long i)
    {
        int at = checked((int)i);
        return Type switch
        {
            DType.Bool => Bytes.Span[at] != 0 ? 1 : 0,
            DType.Int8 => Span<sbyte>()[at],
            DType.Int16 => Span<short>()[at],
            DType.Int32 => Span<int>()[at],
            DType.Int64 => Span<long>()[at],
            DType.UInt8 => Span<byte>()[at],
            DType.UInt16 => Span<ushort>()[at],
            DType.UInt32 => Span<uint>()[at],
            DType.UInt64 => unchecked((long)Span<ulong>()[at]),
            _ => (long)GetDouble(i),
        };
    }

    /// <summary>Writes element <paramref name="i"/>, converting as a C cast does, rounding to nearest-even for narrower floats.</summary>
    public void SetDouble(long i, double value)
    {
        int at = checked((int)i);
        switch (Type)
        {
            case DType.Float32: Span<float>()[at] = (float)value; break;
            case DType.Float64: Span<double>()[at] = value; break;
            case DType.Float16: Span<Half>()[at] = (Half)value; break;
            case DType.BFloat16: Span<ushort>()[at] = BFloat16Bits.FromSingle((float)value); break;
            case DType.UInt64: Span<ulong>()[at] = (ulong)value; break;
            default: SetInt64(i, (long)value); break;
        }
    }

    /// <summary>Writes element <paramref name="i"/>, wrapping to the element type's width.</summary>
    public void SetInt64(long i, long value)
    {
        int at = checked((int)i);
        unchecked
        {
            switch (Type)
            {
                case DType.Bool: Bytes.Span[at] = value != 0 ? (byte)1 : (byte)0; break;
                case DType.Int8: Span<sbyte>()[at] = (sbyte)value; break;
                case DType.Int16: Span<short>()[at] = (short)value; break;
                case DType.Int32: Span<int>()[at] = (int)value; break;
                case DType.Int64: Span<long>()[at] = value; break;
                case DType.UInt8: Span<byte>()[at] = (byte)value; break;
                case DType.UInt16: Span<ushort>()[at] = (ushort)value; break;
                case DType.UInt32: Span<uint>()[at] = (uint)value; break;
                case DType.UInt64: Span<ulong>()[at] = (ulong)value; break;
                default: SetDouble(i, value); break;
            }
        }
    }

    /// <summary>All elements as integers, for tensors that hold shapes, axes and the like.</summary>
    public long[] ToInt64Array()
    {
        var result = new long[Count];
        for (int i = 0; i < result.Length; i++)
            result[i] = GetInt64(i);
        return result;
    }

    /// <summary>All elements as doubles.</summary>
    public double[] ToDoubleArray()
    {
        var result = new double[Count];
        for (int i = 0; i < result.Length; i++)
            result[i] = GetDouble(i);
        return result;
    }

    /// <summary>The same bytes under another shape of as many elements.</summary>
    public Tensor Reshape(Shape shape) => new(Type, shape, Bytes);

    /// <summary>A copy converted to another element type; integers go through 64 bits, floats through double.</summary>
    public Tensor Cast(DType to)
    {
        if (to == Type)
            return this;
        var result = Zeros(to, Shape);
        bool integral = !Type.IsFloat && !to.IsFloat;
        for (long i = 0; i < Count; i++)
        {
            if (to == DType.Bool)
                result.SetInt64(i, GetDouble(i) != 0 ? 1 : 0);
            else if (integral)
                result.SetInt64(i, GetInt64(i));
            else
                result.SetDouble(i, GetDouble(i));
        }
        return result;
    }

    /// <summary>Equal type, shape and bytes.</summary>
    public bool ContentEquals(Tensor other) =>
        ReferenceEquals(this, other) || (Type == other.Type && Shape == other.Shape && Bytes.Span.SequenceEqual(other.Bytes.Span));

    public override string ToString() => $"{Type.Name}{Shape}";
}
