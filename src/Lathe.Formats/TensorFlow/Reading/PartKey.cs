using System.Text;
using Lathe.Formats.TensorFlow.Protobuf;

namespace Lathe.Formats.TensorFlow.Reading;

/// <summary>
/// The keys under which a checkpoint keeps the parts of a tensor: a zero byte, the tensor's name, its rank, and each axis's start and length (-1 for all of it), written so that they sort as
/// what they stand for. A character of the key is a byte. Source: TensorFlow's saved_tensor_slice_util.cc and its ordered code.
/// </summary>
internal static class PartKey
{
    private const long All = -1;

    public static string Of(string name, TensorSliceProto part)
    {
        var key = new List<byte> { 0 };
        foreach (byte b in Encoding.UTF8.GetBytes(name))
            key.AddRange(b switch { 0 => [0, 255], 255 => [255, 0], _ => [b] });
        key.AddRange([0, 1]);
        int rank = part.Extent.Count;
        key.AddRange(rank == 0 ? [0] : [1, (byte)rank]);
        foreach (var extent in part.Extent)
        {
            Add(key, extent.Start);
            Add(key, extent.HasLength ? extent.Length : All);
        }
        return Encoding.Latin1.GetString([.. key]);
    }

    /// <summary>n bytes, highest first, hold 7 n - 1 bits and a sign; so many ones before the sign's opposite say n, and a negative number has them all turned around.</summary>
    private static void Add(List<byte> key, long number)
    {
        long size = number < 0 ? ~number : number;
        int length = 1;
        while (length < 9 && size >> ((7 * length) - 1) != 0)
            length++;
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[length - 1 - i] = (byte)(i < 8 ? number >> (8 * i) : number >> 63);
        for (int bit = 0; bit < length; bit++)
            bytes[bit / 8] ^= (byte)(128 >> (bit % 8));
        key.AddRange(bytes);
    }
}
