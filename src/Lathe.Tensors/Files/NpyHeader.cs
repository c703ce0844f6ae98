using System.Buffers.Binary;
using System.Text;

namespace Lathe.Tensors;

/// <summary>
/// What stands before the data of an npy file: a magic string, a version (1.0 to 3.0), a length, and a Python dict
/// literal with exactly the keys <c>descr</c>, <c>fortran_order</c> and <c>shape</c>. The format is NumPy's
/// (numpy.lib.format).
/// </summary>
internal sealed record NpyHeader(DType Type, bool BigEndian, bool FortranOrder, Shape Shape)
{
    public const int MaxLength = 1 << 20;
    public const int MaxRank = 64;

    private const int Alignment = 64;

    // NumPy leaves room for the growing axis to be rewritten in place; the same room makes the same bytes.
    private const int GrowthDigits = 21;

    public static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads a header and leaves the stream at the first byte of data. <paramref name="length"/> is the bytes that it took.</summary>
    public static NpyHeader Read(Stream stream, string name, out int length)
    {
        Span<byte> prefix = stackalloc byte[12];
        Fill(stream, prefix[..8], name);
        if (!prefix[..6].SequenceEqual(Magic))
            throw new ModelException("LATHE1101", $"'{name}' is not an npy array: it does not begin with NumPy's magic string");
        int major = prefix[6], minor = prefix[7];
        if (major is < 1 or > 3 || minor != 0)
            throw new UnsupportedException("LATHE1101", $"'{name}' is an npy array of version {major}.{minor}; 1.0, 2.0 and 3.0 are known");

        int start = major == 1 ? 10 : 12;
        Fill(stream, prefix[8..start], name);
        long text = major == 1
            ? BinaryPrimitives.ReadUInt16LittleEndian(prefix[8..])
            : BinaryPrimitives.ReadUInt32LittleEndian(prefix[8..]);
        if (text > MaxLength || (stream.CanSeek && text > stream.Length - stream.Position))
            throw new ModelException("LATHE1101", $"'{name}' says that its npy header has {text} bytes, which it cannot have");
        var bytes = new byte[text];
        Fill(stream, bytes, name);
        length = start + bytes.Length;
        return new NpyHeaderParser(Encoding.Latin1.GetString(bytes), name).Parse();
    }

    /// <summary>The header in the lowest version that holds it, padded so that the data begins at a multiple of 64 bytes.</summary>
    public byte[] ToBytes()
    {
        var shape = Shape.ToArray();
        string tuple = shape.Length == 1 ? $"({shape[0]},)" : $"({string.Join(", ", shape)})";
        string text = $"{{'descr': '{Descr(Type)}', 'fortran_order': False, 'shape': {tuple}, }}";
        if (shape.Length > 0)
            text += new string(' ', GrowthDigits - shape[0].ToString().Length);

        bool wide = text.Length + 1 + Alignment > ushort.MaxValue;
        int start = wide ? 12 : 10;
        int total = start + text.Length + 1;
        total += Alignment - (total % Alignment);
        var bytes = new byte[total];
        bytes.AsSpan().Fill((byte)' ');
        Magic.CopyTo(bytes);
        (bytes[6], bytes[7]) = (wide ? (byte)2 : (byte)1, 0);
        if (wide)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), (uint)(total - start));
        else
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), (ushort)(total - start));
        Encoding.ASCII.GetBytes(text, bytes.AsSpan(start));
        bytes[^1] = (byte)'\n';
        return bytes;
    }

    /// <summary>NumPy's name of an element type. bfloat16 is a 2-byte void there, as ml_dtypes writes it.</summary>
    public static string Descr(DType type) => type switch
    {
        DType.Bool => "|b1",
        DType.Int8 => "|i1",
        DType.UInt8 => "|u1",
        DType.BFloat16 => "<V2",
        _ => $"<{(type.IsFloat ? 'f' : type.IsSigned ? 'i' : 'u')}{type.Size}",
    };

    private static void Fill(Stream stream, Span<byte> bytes, string name)
    {
        if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
            throw new ModelException("LATHE1101", $"'{name}' ends within its npy header");
    }
}
