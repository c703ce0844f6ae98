using System.Buffers.Binary;
using System.Collections;
using System.Runtime.InteropServices;
using System.Text;

namespace Lathe.Formats.TFLite.Writing;

/// <summary>
/// A table of a FlatBuffers file to be: values by the numbers of their fields. Values are numbers, bools, strings, bytes, arrays of numbers, tables and arrays
/// of tables; null leaves a field out. Byte arrays start on 16-byte boundaries of the file, other values on boundaries of their size.
/// </summary>
internal sealed class FlatNode : IEnumerable
{
    private const int ByteAlignment = 16;

    private readonly SortedDictionary<int, object> _fields = [];

    public void Add(int field, object? value)
    {
        if (value is not null)
            _fields[field] = value;
    }

    public IEnumerator GetEnumerator() => _fields.GetEnumerator();

    /// <summary>A field's value; null where it is left out.</summary>
    public object? this[int field] => _fields.GetValueOrDefault(field);

    /// <summary>A file with this table as its root, and the identifier in bytes 4 to 7.</summary>
    public byte[] ToFile(ReadOnlySpan<byte> identifier)
    {
        var file = new FlatFile();
        file.Write(stackalloc byte[4]);
        file.Write(identifier);
        file.Point(0, Write(file));
        return file.ToArray();
    }

    public byte[] ToFile(string identifier) => ToFile(Encoding.ASCII.GetBytes(identifier));

    /// <summary>Writes the table behind what is there: its fields, then what they refer to. Tables of the same fields share the list of their places.</summary>
    private int Write(FlatFile file)
    {
        var (places, size) = Places();
        int vtable = file.Shared(VTable(places, size));
        file.Align(8);
        int table = file.Length;
        file.Write(new byte[size]);
        file.Put(table, table - vtable);
        foreach (var (field, value) in _fields)
            if (Scalar(value) is { } bytes)
                file.Put(table + places[field], bytes);
        foreach (var (field, value) in _fields)
            if (Scalar(value) is null)
                file.Point(table + places[field], Referred(file, value));
        return table;
    }

    /// <summary>Where each field lies in the table, which begins on an 8-byte boundary, and the table's size.</summary>
    private (Dictionary<int, int> Places, int Size) Places()
    {
        var places = new Dictionary<int, int>();
        int at = 4;
        foreach (var (field, value) in _fields)
        {
            int size = Scalar(value)?.Length ?? 4;
            at = (at + size - 1) / size * size;
            places[field] = at;
            at += size;
        }
        return (places, at);
    }

    private byte[] VTable(Dictionary<int, int> places, int size)
    {
        int count = _fields.Count == 0 ? 0 : _fields.Keys.Max() + 1;
        byte[] vtable = new byte[4 + (2 * count)];
        BinaryPrimitives.WriteUInt16LittleEndian(vtable, (ushort)vtable.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(vtable.AsSpan(2), (ushort)size);
        foreach (var (field, at) in places)
            BinaryPrimitives.WriteUInt16LittleEndian(vtable.AsSpan(4 + (2 * field)), (ushort)at);
        return vtable;
    }

    private static int Referred(FlatFile file, object value)
    {
        switch (value)
        {
            case FlatNode node:
                return node.Write(file);
            case string text:
                byte[] utf8 = Encoding.UTF8.GetBytes(text);
                int at = file.Vector(utf8, utf8.Length, 4);
                file.Write([0]);
                return at;
            case FlatNode[] nodes:
                int start = file.Vector(new byte[4 * nodes.Length], nodes.Length, 4);
                for (int i = 0; i < nodes.Length; i++)
                    file.Point(start + 4 + (4 * i), nodes[i].Write(file));
                return start;
            case byte[] bytes:
                return file.Vector(bytes, bytes.Length, ByteAlignment);
            case ReadOnlyMemory<byte> bytes:
                return file.Vector(bytes.Span, bytes.Length, ByteAlignment);
            case int[] numbers:
                return Numbers<int>(file, numbers);
            case long[] numbers:
                return Numbers<long>(file, numbers);
            case float[] numbers:
                return Numbers<float>(file, numbers);
            default:
                throw new InternalException("LATHE3600", $"a FlatBuffers field cannot be {value.GetType().Name}");
        }
    }

    private static int Numbers<T>(FlatFile file, ReadOnlySpan<T> numbers) where T : unmanaged =>
        file.Vector(MemoryMarshal.AsBytes(numbers), numbers.Length, Math.Max(4, Marshal.SizeOf<T>()));

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
}
