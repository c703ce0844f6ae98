using System.Text;

namespace Lathe.Tests.Formats.TFLite;

/// <summary>Writes maps of FlexBuffers, as custom operators keep their options: names with an int, a float or a list of ints; four bytes each.</summary>
internal static class FlexBytes
{
    private const int Width = 4, WidthBits = 2, Int = 1, Float = 3, Map = 9, IntList = 11;

    public static byte[] Of(params (string Name, object Value)[] entries)
    {
        entries = [.. entries.OrderBy(e => e.Name, StringComparer.Ordinal)];
        var bytes = new List<byte>();
        void Number(int value) => bytes.AddRange(BitConverter.GetBytes(value));
        var places = new List<(int Key, int List)>();
        foreach (var (name, value) in entries)
        {
            int key = bytes.Count;
            bytes.AddRange([.. Encoding.ASCII.GetBytes(name), 0]);
            int[] list = value as int[] ?? [];
            Number(list.Length);
            places.Add((key, bytes.Count));
            Array.ForEach(list, Number);
        }
        Number(entries.Length);
        int keys = bytes.Count;
        foreach (var (key, _) in places)
            Number(bytes.Count - key);
        Number(bytes.Count - keys);
        Number(Width);
        Number(entries.Length);
        int map = bytes.Count;
        foreach (var ((_, value), (_, list)) in entries.Zip(places))
            Number(value switch { int number => number, float number => BitConverter.SingleToInt32Bits(number), _ => bytes.Count - list });
        foreach (var (_, value) in entries)
            bytes.Add((byte)(((value switch { int => Int, float => Float, _ => IntList }) << 2) | WidthBits));
        Number(bytes.Count - map);
        return [.. bytes, (Map << 2) | WidthBits, Width];
    }
}
