using System.Buffers.Binary;
using System.Numerics;

namespace Lathe.Formats.TensorFlow.Reading;

/// <summary>Castagnoli's checksum, masked as TensorFlow and LevelDB store it: turned right by 15 bits, plus a constant.</summary>
internal static class Crc32C
{
    public static uint Masked(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }
        foreach (byte b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return unchecked(BitOperations.RotateRight(~crc, 15) + 0xa282ead8u);
    }
}
