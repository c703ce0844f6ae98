using System.Buffers.Binary;

namespace Lathe.Samples.Mnist;

/// <summary>
/// Reads the IDX files in which MNIST is published (yann.lecun.com, "the IDX file format"): two zero bytes, a byte for the element
/// type (8 is an unsigned byte), a byte for the rank, each extent as a big-endian 32-bit number, then the elements, the last
/// index fastest.
/// </summary>
internal static class IdxFile
{
    private const byte UnsignedByte = 8;

    /// <summary>The bytes of a file that holds <paramref name="extents"/>; an extent of -1 takes what the file says.</summary>
    /// <exception cref="InvalidDataException">The file holds something else, or less than it says.</exception>
    public static byte[] Read(string path, params ReadOnlySpan<int> extents) => Parse(File.ReadAllBytes(path), path, extents);

    /// <inheritdoc cref="Read"/>
    public static byte[] Parse(ReadOnlySpan<byte> file, string name, params ReadOnlySpan<int> extents)
    {
        int header = 4 + 4 * extents.Length;
        if (file.Length < header || file[0] != 0 || file[1] != 0 || file[2] != UnsignedByte || file[3] != extents.Length)
            throw new InvalidDataException($"{name} is not an IDX file of unsigned bytes with {extents.Length} dimensions");
        long count = 1;
        for (int i = 0; i < extents.Length; i++)
        {
            int extent = BinaryPrimitives.ReadInt32BigEndian(file[(4 + 4 * i)..]);
            if (extent < 0 || (extents[i] >= 0 && extent != extents[i]))
                throw new InvalidDataException($"{name}: dimension {i} is {extent}, and {extents[i]} was expected");
            count *= extent;
            if (count > file.Length)
                break;
        }
        return count == file.Length - header
            ? file[header..].ToArray()
            : throw new InvalidDataException($"{name} does not have the {count} elements that it declares");
    }
}
