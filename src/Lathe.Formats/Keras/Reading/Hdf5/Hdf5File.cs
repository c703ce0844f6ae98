namespace Lathe.Formats.Keras.Reading.Hdf5;

/// <summary>
/// An HDF5 file, of what h5py writes: superblocks 0 to 3, groups as symbol tables, link messages or heaps, attributes, datasets that are contiguous, compact or
/// in chunks, with deflate, shuffle and checksums. Written against the HDF5 File Format Specification, version 3.0. All sizes, addresses and counts are
/// checked against the file; damage is a <see cref="ModelException"/>, what is not read an <see cref="UnsupportedException"/>.
/// </summary>
internal static class Hdf5File
{
    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'H', (byte)'D', (byte)'F', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Whether a file that begins so is HDF5. A file with a block of the user's before it is not told by its beginning.</summary>
    public static bool Recognizes(ReadOnlySpan<byte> head) => head.StartsWith(Signature);

    /// <summary>Whether a file has HDF5's signature at any of the places where it may stand: 0, 512, 1024, 2048, ...</summary>
    public static bool Recognizes(FileBytes bytes) => FindSuperblock(bytes) is not null;

    /// <summary>The root group.</summary>
    public static Hdf5Group Open(FileBytes bytes)
    {
        long start = FindSuperblock(bytes) ?? throw new ModelException("LATHE3402", $"'{bytes.Name}' is not an HDF5 file: it lacks the signature");
        var head = new Cursor(new(bytes, 0, 8, 8), bytes.UpTo(start, 128));
        head.Skip(Signature.Length);
        byte version = head.Byte();
        if (version > 3)
            throw bytes.Unsupported($"version {version} of the superblock");
        if (version <= 1)
            head.Skip(4);
        int offsetSize = head.Byte(), lengthSize = head.Byte();
        if (offsetSize is not (2 or 4 or 8) || lengthSize is not (2 or 4 or 8))
            throw bytes.Damaged($"has addresses of {offsetSize} and sizes of {lengthSize} bytes");
        head.Skip(version switch { 0 => 9, 1 => 13, _ => 1 });
        ulong origin = head.Number(offsetSize);
        // A block of the user's may have been put before the file afterwards, when its addresses still count from the superblock.
        if (origin != (ulong)start && origin != 0)
            throw bytes.Damaged($"counts addresses from {origin}, and its superblock is at {start}");
        var format = new Hdf5Format(bytes, start, offsetSize, lengthSize);
        var rest = format.Over(bytes.UpTo(start + head.At, 128));
        rest.Skip((version <= 1 ? 3 : 2) * offsetSize);
        if (version <= 1)
            rest.Skip(offsetSize);
        return new(format, rest.DefinedAddress(), "");
    }

    private static long? FindSuperblock(FileBytes bytes)
    {
        for (long at = 0; at <= bytes.Length - Signature.Length; at = at == 0 ? 512 : at * 2)
            if (bytes.Slice(at, Signature.Length).Span.SequenceEqual(Signature))
                return at;
        return null;
    }
}
