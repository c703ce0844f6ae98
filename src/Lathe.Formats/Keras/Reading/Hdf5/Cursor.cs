using System.Buffers.Binary;
using System.Numerics;

namespace Lathe.Formats.Keras.Reading.Hdf5;

/// <summary>Reads little-endian numbers one after the other; the end of the bytes is an error about the file.</summary>
internal sealed class Cursor(Hdf5Format format, ReadOnlyMemory<byte> bytes)
{
    public int At { get; private set; }

    public int Remaining => bytes.Length - At;

    public byte Byte() => Take(1).Span[0];

    public int UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2).Span);

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4).Span);

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8).Span);

    /// <summary>A number of up to 8 bytes.</summary>
    public ulong Number(int size)
    {
        ulong result = 0;
        var taken = Take(size).Span;
        for (int i = Math.Min(size, 8) - 1; i >= 0; i--)
            result = (result << 8) | taken[i];
        return result;
    }

    /// <summary>A size in the file's width. Sizes over what any file has are errors.</summary>
    public long Length()
    {
        ulong value = Number(format.LengthSize);
        return value <= long.MaxValue / 4 ? (long)value : throw format.Bytes.Damaged($"names a size of {value}");
    }

    /// <summary>The place in the file that an address stands for, or null where it is undefined.</summary>
    public long? Address()
    {
        ulong value = Number(format.OffsetSize);
        if (value == (format.OffsetSize >= 8 ? ulong.MaxValue : (1UL << (8 * format.OffsetSize)) - 1))
            return null;
        return value <= (ulong)format.Bytes.Length
            ? (long)value + format.Base
            : throw format.Bytes.Damaged($"names the address {value}, and has {format.Bytes.Length} bytes");
    }

    public long DefinedAddress() => Address() ?? throw format.Bytes.Damaged("lacks an address");

    public ReadOnlyMemory<byte> Take(long count)
    {
        if (count < 0 || count > Remaining)
            throw format.Bytes.Damaged($"ends a structure {count - Remaining} bytes too early");
        var taken = bytes.Slice(At, (int)count);
        At += (int)count;
        return taken;
    }

    public void Skip(long count) => Take(count);

    /// <summary>Moves to the next place that is a multiple of 8 from the beginning, or to the end.</summary>
    public void Align() => At = Math.Min(bytes.Length, (At + 7) & ~7);

    public void Expect(ReadOnlySpan<byte> signature)
    {
        if (!Take(signature.Length).Span.SequenceEqual(signature))
            throw format.Bytes.Damaged($"lacks the signature {System.Text.Encoding.ASCII.GetString(signature)}");
    }

    public void Version(byte expected, string structure)
    {
        if (Byte() is var version && version != expected)
            throw format.Bytes.Unsupported($"version {version} of {structure}");
    }

    /// <summary>How many bytes numbers up to a limit take.</summary>
    public static int WidthOf(long limit) => (BitOperations.Log2((ulong)Math.Max(1, limit)) / 8) + 1;
}
