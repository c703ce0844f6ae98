using System.Numerics;

namespace Lathe.Formats.Keras.Reading.Hdf5;

/// <summary>
/// A heap of small objects in blocks that double in size: rows of blocks in an indirect block, the first rows direct ones, the others indirect again. An
/// object's id is its offset in the heap, as if all blocks lay one after the other.
/// </summary>
internal sealed class FractalHeap
{
    private const int MaxDepth = 16;

    private readonly Hdf5Format _format;
    private readonly int _offsetSize, _lengthSize, _width, _directRows, _rootRows;
    private readonly long _startSize, _maxDirectSize;
    private readonly long? _root;

    public FractalHeap(Hdf5Format format, long address)
    {
        _format = format;
        var head = format.At(address, 256);
        head.Expect("FRHP"u8);
        head.Version(0, "fractal heaps");
        IdLength = head.UInt16();
        if (head.UInt16() != 0)
            throw format.Bytes.Unsupported("compressed heaps");
        head.Skip(1);
        long maxManaged = head.UInt32();
        head.Skip((10 * format.LengthSize) + (2 * format.OffsetSize));
        _width = head.UInt16();
        (_startSize, _maxDirectSize) = (head.Length(), head.Length());
        int bits = head.UInt16();
        head.Skip(2);
        _root = head.Address();
        _rootRows = head.UInt16();
        if (!IsPower(_width) || !IsPower(_startSize) || !IsPower(_maxDirectSize) || _maxDirectSize < _startSize || bits is < 1 or > 64)
            throw format.Bytes.Damaged($"has a heap of blocks of {_startSize} to {_maxDirectSize} bytes, {_width} a row");
        _offsetSize = (bits + 7) / 8;
        _lengthSize = Math.Min((BitOperations.Log2((ulong)_maxDirectSize) + 7) / 8, Cursor.WidthOf(maxManaged));
        _directRows = BitOperations.Log2((ulong)_maxDirectSize) - BitOperations.Log2((ulong)_startSize) + 2;
    }

    public int IdLength { get; }

    public ReadOnlyMemory<byte> Object(ReadOnlyMemory<byte> id)
    {
        var cursor = _format.Over(id);
        byte head = cursor.Byte();
        switch ((head >> 4) & 3)
        {
            case 0:
                var (offset, length) = (cursor.Number(_offsetSize), (long)Math.Min(cursor.Number(_lengthSize), int.MaxValue));
                return Managed(offset, length);
            case 2:
                return cursor.Take((head & 15) + 1);
            default:
                throw _format.Bytes.Unsupported("huge objects in heaps");
        }
    }

    private ReadOnlyMemory<byte> Managed(ulong offset, long length)
    {
        long block = _root ?? throw _format.Bytes.Damaged("lacks a heap's blocks");
        int rows = _rootRows;
        for (int depth = 0; rows > 0; depth++)
        {
            if (depth > MaxDepth)
                throw _format.Bytes.Damaged("has a heap of too many levels");
            (int row, ulong start) = Row(offset, rows);
            long size = RowSize(row);
            ulong column = (offset - start) / (ulong)size;
            var cursor = _format.At(block, long.MaxValue);
            cursor.Expect("FHIB"u8);
            cursor.Version(0, "indirect blocks");
            cursor.Skip(_format.OffsetSize + _offsetSize + ((((long)row * _width) + (long)column) * _format.OffsetSize));
            block = cursor.DefinedAddress();
            offset -= start + (column * (ulong)size);
            if (row < _directRows)
                break;
            rows = BitOperations.Log2((ulong)size) - BitOperations.Log2((ulong)(_startSize * _width)) + 1;
        }
        // An offset counts from the block's own header on.
        return offset <= (ulong)_format.Bytes.Length
            ? _format.Bytes.Slice(block + (long)offset, length)
            : throw _format.Bytes.Damaged($"names the object {offset} of a heap's block");
    }

    /// <summary>The row that an offset lies in, and where the row begins.</summary>
    private (int Row, ulong Start) Row(ulong offset, int rows)
    {
        ulong start = 0;
        for (int row = 0; row < rows && row < 60; row++)
        {
            ulong size = (ulong)RowSize(row) * (ulong)_width;
            if (offset - start < size)
                return (row, start);
            start += size;
        }
        throw _format.Bytes.Damaged($"names the place {offset} in a heap of {rows} rows");
    }

    /// <summary>The size of a block of a row: the first two have the smallest.</summary>
    private long RowSize(int row) => row <= 1 ? _startSize : _startSize <= (long.MaxValue >> row) / _width
        ? _startSize << (row - 1)
        : throw _format.Bytes.Damaged($"has a heap of {row} rows");

    private static bool IsPower(long value) => value > 0 && value < 1L << 40 && BitOperations.IsPow2(value);
}
