using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Reading;

/// <summary>
/// Expands blocks in the format of Snappy: the expanded length, then elements that are either bytes as they are or a copy of bytes that were expanded before, at most 64 at a time. Every
/// length and distance is checked.
/// </summary>
internal static class Snappy
{
    /// <summary>A copy takes two bytes at least and gives 64 at most, so that no honest block promises more than this.</summary>
    private const int MostPerByte = 32;

    public static byte[] Expand(ReadOnlySpan<byte> block)
    {
        int at = 0;
        ulong promised = Varint.Read(block, ref at);
        if (promised > (ulong)block.Length * MostPerByte)
            throw Damaged($"promises {promised} bytes");
        byte[] result = new byte[promised];
        int made = 0;
        while (at < block.Length)
        {
            byte tag = block[at++];
            int length, distance;
            switch (tag & 3)
            {
                case 0:
                    length = 1 + (tag >> 2);
                    if (length > 60)
                    {
                        uint more = Number(block, ref at, length - 60);
                        length = more < int.MaxValue ? (int)more + 1 : throw Damaged($"has a stretch of {more} bytes");
                    }
                    if (length > block.Length - at || length > result.Length - made)
                        throw Damaged($"has a stretch of {length} bytes where {Math.Min(block.Length - at, result.Length - made)} are left");
                    block.Slice(at, length).CopyTo(result.AsSpan(made));
                    (at, made) = (at + length, made + length);
                    continue;
                case 1:
                    length = 4 + (tag >> 2 & 7);
                    distance = (tag >> 5 << 8) + (int)Number(block, ref at, 1);
                    break;
                case 2:
                    length = 1 + (tag >> 2);
                    distance = (int)Number(block, ref at, 2);
                    break;
                default:
                    length = 1 + (tag >> 2);
                    uint far = Number(block, ref at, 4);
                    distance = far <= int.MaxValue ? (int)far : throw Damaged($"copies from {far} bytes before");
                    break;
            }
            if (distance == 0 || distance > made || length > result.Length - made)
                throw Damaged($"copies {length} bytes from {distance} before place {made} of {result.Length}");
            // Byte by byte: a copy may reach into what it makes.
            for (int end = made + length; made < end; made++)
                result[made] = result[made - distance];
        }
        return made == result.Length ? result : throw Damaged($"makes {made} bytes of the {result.Length} that it promises");
    }

    private static uint Number(ReadOnlySpan<byte> block, ref int at, int bytes)
    {
        if (bytes > block.Length - at)
            throw Damaged("is cut off");
        uint number = 0;
        for (int i = 0; i < bytes; i++)
            number |= (uint)block[at++] << (8 * i);
        return number;
    }

    private static ModelException Damaged(string what) => new("LATHE3550", $"a compressed block of the checkpoint's index is damaged: it {what}");
}
