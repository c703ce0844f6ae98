using System.Buffers.Binary;
using System.Text;

namespace Lathe.Formats.TFLite.Reading;

/// <summary>
/// A map of a FlexBuffers value, as custom operators keep their options: names, numbers and lists of numbers. Every offset is checked against the bytes; what is
/// neither is left out. Source of the layout: the FlexBuffers page of the FlatBuffers documentation.
/// </summary>
internal sealed class FlexMap
{
    private const int MaxEntries = 1 << 12;
    private const int Map = 9;
    private const int List = 10;
    private const int LastTypedList = 13;

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly Dictionary<string, double> _numbers = [];
    private readonly Dictionary<string, double[]> _lists = [];

    private FlexMap(ReadOnlyMemory<byte> bytes)
    {
        _bytes = bytes;
        if (bytes.Length < 3)
            throw Damaged();
        int rootWidth = bytes.Span[^1], rootType = bytes.Span[^2];
        if (rootType >> 2 != Map)
            throw Damaged();
        int root = bytes.Length - 2 - Width(rootWidth);
        int start = Within(root - (long)Whole(root, rootWidth), 0), width = 1 << (rootType & 3);
        int count = (int)Math.Min(Whole(start - width, width), int.MaxValue);
        if (count > MaxEntries)
            throw Damaged();
        int keys = Within(start - (3 * width) - (long)Whole(start - (3 * width), width), 0), keyWidth = Width((int)Math.Min(Whole(start - (2 * width), width), 255));
        for (int i = 0; i < count; i++)
        {
            int key = keys + (i * keyWidth);
            string name = Text(Within(key - (long)Whole(key, keyWidth), 1));
            int packed = bytes.Span[Within((long)start + (count * width) + i, 1)];
            if (Number(start + (i * width), width, packed) is { } number)
                _numbers[name] = number;
            else if (packed >> 2 is >= List and <= LastTypedList)
                _lists[name] = Numbers(Within(start + (i * (long)width) - (long)Whole(start + (i * width), width), 0), 1 << (packed & 3), packed >> 2);
        }
    }

    /// <summary>No bytes are an empty map.</summary>
    public static FlexMap? Read(ReadOnlyMemory<byte> bytes) => bytes.IsEmpty ? null : new(bytes);

    public double? Number(string name) => _numbers.TryGetValue(name, out double number) ? number : null;

    /// <summary>A list of numbers; null where there is none.</summary>
    public double[]? Numbers(string name) => _lists.GetValueOrDefault(name);

    /// <summary>Numbers are kept in their place, or, with types 6 to 8, behind an offset with a width of their own.</summary>
    private double? Number(int at, int width, int packed)
    {
        int type = packed >> 2;
        if (type is >= 6 and <= 8)
            (at, width, type) = (Within(at - (long)Whole(at, width), 1), 1 << (packed & 3), type - 5);
        return type switch
        {
            1 => Signed(at, width),
            2 or 26 => Whole(at, width),
            3 when width == 4 => BitConverter.Int32BitsToSingle((int)Signed(at, 4)),
            3 when width == 8 => BitConverter.Int64BitsToDouble(Signed(at, 8)),
            _ => null,
        };
    }

    /// <summary>A list has its length before it. Elements have one type, or, in one that is not typed, a type each behind the last.</summary>
    private double[] Numbers(int start, int width, int listType)
    {
        int count = (int)Math.Min(Whole(start - width, width), int.MaxValue);
        if (count > MaxEntries)
            throw Damaged();
        int Packed(int i) => listType == List ? _bytes.Span[Within((long)start + (count * width) + i, 1)] : (listType - List) << 2;
        double?[] numbers = [.. Enumerable.Range(0, count).Select(i => Number(start + (i * width), width, Packed(i)))];
        return numbers.Contains(null) ? throw Damaged() : [.. numbers.Select(n => n!.Value)];
    }

    private string Text(int at)
    {
        var rest = _bytes.Span[at..];
        int end = rest.IndexOf((byte)0);
        return end >= 0 ? Encoding.UTF8.GetString(rest[..end]) : throw Damaged();
    }

    private long Signed(int at, int width) => width switch
    {
        1 => (sbyte)_bytes.Span[Within(at, 1)],
        2 => BinaryPrimitives.ReadInt16LittleEndian(_bytes.Span[Within(at, 2)..]),
        4 => BinaryPrimitives.ReadInt32LittleEndian(_bytes.Span[Within(at, 4)..]),
        _ => BinaryPrimitives.ReadInt64LittleEndian(_bytes.Span[Within(at, 8)..]),
    };

    private ulong Whole(int at, int width)
    {
        ulong value = unchecked((ulong)Signed(at, width));
        return width == 8 ? value & long.MaxValue : value & ((1UL << (8 * width)) - 1);
    }

    private static int Width(int width) => width is 1 or 2 or 4 or 8 ? width : throw Damaged();

    private int Within(long at, int bytes) => at >= 0 && at <= _bytes.Length - bytes ? (int)at : throw Damaged();

    private static ModelException Damaged() => new("LATHE3243", "the options of a custom operator are damaged");
}
