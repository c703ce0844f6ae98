using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Lathe.Formats.TFLite.Reading;

/// <summary>
/// A table of a FlatBuffers file: fields by number, found through the table's vtable. Every offset, length and alignment-free read is checked
/// against the file; what does not lie within it is a <see cref="ModelException"/>. Fields that a file leaves out give their defaults.
/// Source of the layout: the FlatBuffers internals page.
/// </summary>
internal readonly struct FlatTable
{
    private const int MaxFields = 1 << 12;

    private readonly ReadOnlyMemory<byte> _file;
    private readonly int _at;
    private readonly int _vtable;
    private readonly int _vtableBytes;

    private FlatTable(ReadOnlyMemory<byte> file, long at)
    {
        _file = file;
        _at = Within(at, 4);
        _vtable = Within((long)_at - Int32(_at), 4);
        _vtableBytes = UInt16(_vtable);
        if (_vtableBytes < 4 || _vtableBytes % 2 != 0 || _vtableBytes > 4 + (2 * MaxFields))
            throw Damaged($"has a table of fields of {_vtableBytes} bytes at byte {_vtable}");
        Within(_vtable, _vtableBytes);
    }

    /// <summary>The table that a file begins with.</summary>
    public static FlatTable Root(ReadOnlyMemory<byte> file) => file.Length >= 8
        ? new(file, BinaryPrimitives.ReadUInt32LittleEndian(file.Span))
        : throw Damaged($"has only {file.Length} bytes");

    /// <summary>Whether the file's identifier, bytes 4 to 7, is the given text.</summary>
    public static bool HasIdentifier(ReadOnlySpan<byte> head, ReadOnlySpan<byte> identifier) => head.Length >= 8 && head[4..8].SequenceEqual(identifier);

    /// <summary>The whole file, for what lies outside of tables.</summary>
    public ReadOnlyMemory<byte> File => _file;

    public bool Has(int field) => Find(field) != 0;

    public bool Bool(int field, bool otherwise = false) => Find(field) is not 0 and var at ? _file.Span[Within(at, 1)] != 0 : otherwise;

    public byte Byte(int field, byte otherwise = 0) => Find(field) is not 0 and var at ? _file.Span[Within(at, 1)] : otherwise;

    public int Int(int field, int otherwise = 0) => Find(field) is not 0 and var at ? Int32(at) : otherwise;

    public uint UInt(int field) => unchecked((uint)Int(field));

    public ulong ULong(int field) => Find(field) is not 0 and var at ? BinaryPrimitives.ReadUInt64LittleEndian(_file.Span[Within(at, 8)..]) : 0;

    public float Float(int field, float otherwise = 0) => Find(field) is not 0 and var at ? BitConverter.Int32BitsToSingle(Int32(at)) : otherwise;

    public string Text(int field) => Find(field) is not 0 and var at ? TextAt(at) : "";

    public FlatTable? Table(int field) => Find(field) is not 0 and var at ? new FlatTable(_file, at + (long)UInt32(at)) : null;

    /// <summary>The bytes of a vector of numbers of a type; none when the field is left out.</summary>
    public ReadOnlyMemory<byte> Bytes(int field, int elementBytes = 1)
    {
        if (Find(field) is not (not 0 and var at))
            return default;
        var (start, count) = Vector(at, elementBytes);
        return _file.Slice(start, count * elementBytes);
    }

    /// <summary>A vector of numbers; empty when the field is left out.</summary>
    public T[] Numbers<T>(int field) where T : unmanaged => MemoryMarshal.Cast<byte, T>(Bytes(field, Marshal.SizeOf<T>()).Span).ToArray();

    public FlatTable[] Tables(int field)
    {
        if (Find(field) is not (not 0 and var at))
            return [];
        var (start, count) = Vector(at, 4);
        var tables = new FlatTable[count];
        for (int i = 0; i < count; i++)
            tables[i] = new(_file, start + (4L * i) + UInt32(start + (4 * i)));
        return tables;
    }

    public static ModelException Damaged(string what) => new("LATHE3200", $"the model's file {what}", "it is damaged, or cut short");

    /// <summary>The place of a field's value; 0 where the file leaves it out.</summary>
    private int Find(int field)
    {
        int entry = 4 + (2 * field);
        if (entry + 2 > _vtableBytes)
            return 0;
        int offset = UInt16(_vtable + entry);
        return offset == 0 ? 0 : Within(_at + (long)offset, 1);
    }

    private (int Start, int Count) Vector(int at, int elementBytes)
    {
        int start = Within(at + (long)UInt32(at), 4);
        uint count = UInt32(start);
        Within(start + 4L, count * (long)elementBytes);
        return (start + 4, (int)count);
    }

    private string TextAt(int at)
    {
        var (start, count) = Vector(at, 1);
        return Encoding.UTF8.GetString(_file.Span.Slice(start, count));
    }

    private ushort UInt16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(_file.Span[Within(at, 2)..]);

    private int Int32(int at) => BinaryPrimitives.ReadInt32LittleEndian(_file.Span[Within(at, 4)..]);

    private uint UInt32(int at) => unchecked((uint)Int32(at));

    private int Within(long at, long bytes) => at >= 0 && bytes >= 0 && at <= _file.Length - bytes
        ? (int)at
        : throw Damaged($"refers to {bytes} bytes at byte {at}, and has {_file.Length}");
}
