using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Reading;

/// <summary>Numbers of seven bits a byte, the lowest first.</summary>
internal static class Varint
{
    /// <summary>Reads one and moves behind it; throws a <see cref="ModelException"/> where the bytes end before it does.</summary>
    public static ulong Read(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong number = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            if (at >= bytes.Length)
                throw new ModelException("LATHE3551", "a number of the checkpoint's index is cut off");
            byte next = bytes[at++];
            number |= (ulong)(next & 127) << shift;
            if (next < 128)
                return number;
        }
        throw new ModelException("LATHE3551", "a number of the checkpoint's index is longer than 64 bits");
    }
}
