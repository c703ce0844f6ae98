using System.Buffers.Binary;
using System.Collections;
using System.Runtime.InteropServices;
using System.Text;

namespace Lathe.Tests.Formats.TFLite;

/// <summary>A table of a FlatBuffers file: values by the numbers of their fields. Values are numbers, bools, strings, arrays of numbers, tables and arrays of tables.</summary>
internal sealed class FlatNode : IEnumerable
{
    private readonly SortedDictionary<int, object> _fields = [];

    public void Add(int field, object? value)
    {
        if (value is not null)
            _fields[field] = value;
    }

    public IEnumerator GetEnumerator() => _fields.GetEnumerator();

    /// <summary>A file with this table as its root.</summary>
    public byte[] ToFile(string identifier)
    {
        var file = new List<byte>(new byte[8]);
        Encoding.ASCII.GetBytes(identifier).CopyTo(CollectionsMarshal.AsSpan(file)[4..]);
        Point(file, 0, Write(file));
        return [.. file];
    }

    /// <summary>Writes the table behind what is there: its vtable, its fields, then what they refer to.</summary>
    private int Write(List<byte> file)
    {
        int count = _fields.Count == 0 ? 0 : _fields.Keys.Max() + 1;
        Align(file, 2);
        int vtable = file.Count;
        file.AddRange(new byte[4 + (2 * count)]);
        Align(file, 8);
        int table = file.Count;
        Number(file, BitConverter.GetBytes(table - vtable));
        var places = new Dictionary<int, int>();
        foreach (var (field, value) in _fields)
        {
            byte[] bytes = Scalar(value) ?? new byte[4];
            Align(file, bytes.Length);
            places[field] = file.Count;
            Put16(file, vtable + 4 + (2 * field), file.Count - table);
            file.AddRange(bytes);
        }
        Put16(file, vtable, 4 + (2 * count));
        Put16(file, vtable + 2, file.Count - table);
        foreach (var (field, value) in _fields)
            if (Scalar(value) is null)
                Point(file, places[field], Referred(file, value));
        return table;
    }

    private static int Referred(List<byte> file, object value)
    {
        switch (value)
        {
            case FlatNode node:
                return node.Write(file);
            case string text:
                return Vector(file, Encoding.UTF8.GetBytes(text + '\0'), Encoding.UTF8.GetByteCount(text), 1);
            case FlatNode[] nodes:
                int start = Vector(file, new byte[4 * nodes.Length], nodes.Length, 4);
                for (int i = 0; i < nodes.Length; i++)
                    Point(file, start + 4 + (4 * i), nodes[i].Write(file));
                return start;
            case byte[] bytes:
                return Vector(file, bytes, bytes.Length, 16);
            case int[] ints:
                return Vector(file, MemoryMarshal.AsBytes<int>(ints).ToArray(), ints.Length, 4);
            case long[] longs:
                return Vector(file, MemoryMarshal.AsBytes<long>(longs).ToArray(), longs.Length, 8);
            case float[] floats:
                return Vector(file, MemoryMarshal.AsBytes<float>(floats).ToArray(), floats.Length, 4);
            default:
                throw new ArgumentException($"no field of {value.GetType()}");
        }
    }

    private static int Vector(List<byte> file, byte[] bytes, int count, int alignment)
    {
        while ((file.Count + 4) % alignment != 0 || file.Count % 4 != 0)
            file.Add(0);
        int start = file.Count;
        Number(file, BitConverter.GetBytes(count));
        file.AddRange(bytes);
        return start;
    }

    private static byte[]? Scalar(object value) => value switch
    {
        bool b => [b ? (byte)1 : (byte)0],
        byte b => [b],
        int i => BitConverter.GetBytes(i),
        uint u => BitConverter.GetBytes(u),
        float f => BitConverter.GetBytes(f),
        long l => BitConverter.GetBytes(l),
        _ => null,
    };

    private static void Point(List<byte> file, int at, int target) => BinaryPrimitives.WriteInt32LittleEndian(CollectionsMarshal.AsSpan(file)[at..], target - at);

    private static void Put16(List<byte> file, int at, int value) => BinaryPrimitives.WriteUInt16LittleEndian(CollectionsMarshal.AsSpan(file)[at..], (ushort)value);

    private static void Number(List<byte> file, byte[] bytes) => file.AddRange(bytes);

    private static void Align(List<byte> file, int to)
    {
        while (file.Count % to != 0)
            file.Add(0);
    }
}
