using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Lathe.Tensors;

/// <summary>
/// NumPy's file of one array. Written as version 1.0, little-endian, in C order, byte for byte as NumPy does. Read in
/// versions 1.0 to 3.0; big-endian data and Fortran order are converted. bfloat16, for which NumPy has no type, is
/// written as <c>&lt;V2</c> like ml_dtypes does (there <c>.view(ml_dtypes.bfloat16)</c> restores it), and every 2-byte
/// void is read as bfloat16. Malformed files are a <see cref="ModelException"/>, other element types an
/// <see cref="UnsupportedException"/>.
/// </summary>
public static class NpyFile
{
    /// <summary>Reads a file that holds one array and nothing else.</summary>
    public static Tensor Read(string path) => InputFile.Guard(path, () =>
    {
        using var file = InputFile.OpenRead(path);
        return ReadToEnd(file, path);
    });

    /// <summary>Reads an array from memory; <paramref name="name"/> stands in error messages.</summary>
    public static Tensor Parse(byte[] bytes, string name = "array") => ReadToEnd(new MemoryStream(bytes, writable: false), name);

    /// <summary>
    /// Reads one array and leaves the stream right after it. Data sizes are checked against a seekable stream before
    /// anything is allocated; from other streams memory grows only as data arrives.
    /// </summary>
    public static Tensor Read(Stream stream, string name)
    {
        var header = NpyHeader.Read(stream, name, out _);
        return ReadData(stream, header, stream.CanSeek ? stream.Length - stream.Position : null, name);
    }

    public static void Write(string path, Tensor tensor) => AtomicFile.Write(path, file => Write(file, tensor));

    public static void Write(Stream stream, Tensor tensor)
    {
        stream.Write(new NpyHeader(tensor.Type, BigEndian: false, FortranOrder: false, tensor.Shape).ToBytes());
        stream.Write(tensor.Bytes.Span);
    }

    /// <summary>Reads the data that follows <paramref name="header"/>; <paramref name="available"/> is how much the stream has, when that is sure.</summary>
    internal static Tensor ReadData(Stream stream, NpyHeader header, long? available, string name)
    {
        int count = Tensor.ByteCount(header.Type, header.Shape);
        if (available < count)
            throw TooShort(header, count, name);
        var bytes = available is null ? ReadGrowing(stream, count) : GC.AllocateUninitializedArray<byte>(count);
        if (bytes is null || (available is not null && stream.ReadAtLeast(bytes, count, throwOnEndOfStream: false) < count))
            throw TooShort(header, count, name);

        if (header.BigEndian)
            SwapBytes(bytes, header.Type.Size);
        if (header.FortranOrder && header.Shape.Rank > 1)
            bytes = FromFortranOrder(bytes, header.Type.Size, header.Shape);
        if (header.Type == DType.Bool)
            NormalizeBooleans(bytes);
        return new Tensor(header.Type, header.Shape, bytes);
    }

    private static Tensor ReadToEnd(Stream stream, string name)
    {
        var tensor = Read(stream, name);
        return stream.Position == stream.Length
            ? tensor
            : throw new ModelException("LATHE1104", $"'{name}' has {stream.Length - stream.Position} bytes after its array");
    }

    private static byte[]? ReadGrowing(Stream stream, int count)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(Math.Min(count, 1 << 16));
        int filled = 0;
        while (true)
        {
            filled += stream.ReadAtLeast(bytes.AsSpan(filled), bytes.Length - filled, throwOnEndOfStream: false);
            if (filled < bytes.Length)
                return null;
            if (filled == count)
                return bytes;
            var larger = GC.AllocateUninitializedArray<byte>((int)Math.Min(count, 2L * bytes.Length));
            bytes.CopyTo(larger, 0);
            bytes = larger;
        }
    }

    private static void SwapBytes(Span<byte> bytes, int size)
    {
        switch (size)
        {
            case 2: Swap<ushort>(bytes, (from, to) => BinaryPrimitives.ReverseEndianness(from, to)); break;
            case 4: Swap<uint>(bytes, (from, to) => BinaryPrimitives.ReverseEndianness(from, to)); break;
            case 8: Swap<ulong>(bytes, (from, to) => BinaryPrimitives.ReverseEndianness(from, to)); break;
        }

        static void Swap<T>(Span<byte> bytes, SpanAction<T> reverse) where T : unmanaged
        {
            var elements = MemoryMarshal.Cast<byte, T>(bytes);
            reverse(elements, elements);
        }
    }

    private delegate void SpanAction<T>(ReadOnlySpan<T> from, Span<T> to);

    private static byte[] FromFortranOrder(byte[] bytes, int size, Shape shape) => size switch
    {
        1 => Reorder<byte>(bytes, shape),
        2 => Reorder<ushort>(bytes, shape),
        4 => Reorder<uint>(bytes, shape),
        _ => Reorder<ulong>(bytes, shape),
    };

    private static byte[] Reorder<T>(byte[] bytes, Shape shape) where T : unmanaged, IBinaryInteger<T>
    {
        var result = GC.AllocateUninitializedArray<byte>(bytes.Length);
        var from = MemoryMarshal.Cast<byte, T>(bytes.AsSpan());
        var to = MemoryMarshal.Cast<byte, T>(result.AsSpan());
        var extents = shape.ToArray();
        var index = new long[extents.Length];
        var strides = new long[extents.Length];
        long stride = 1;
        for (int axis = 0; axis < extents.Length && to.Length > 0; axis++)
        {
            strides[axis] = stride;
            stride *= extents[axis];
        }

        long source = 0;
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = from[(int)source];
            for (int axis = extents.Length - 1; axis >= 0; axis--)
            {
                source += strides[axis];
                if (++index[axis] < extents[axis])
                    break;
                source -= strides[axis] * extents[axis];
                index[axis] = 0;
            }
        }
        return result;
    }

    // NumPy takes every byte but 0 as true; compiled code relies on 0 and 1.
    private static void NormalizeBooleans(Span<byte> bytes)
    {
        if (bytes.IndexOfAnyExceptInRange((byte)0, (byte)1) < 0)
            return;
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = bytes[i] != 0 ? (byte)1 : (byte)0;
    }

    private static ModelException TooShort(NpyHeader header, int count, string name) => new(
        "LATHE1104", $"'{name}' ends too early: {header.Type.Name}{header.Shape} needs {count} bytes of data");
}
