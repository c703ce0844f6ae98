namespace Lathe.Formats.Keras.Reading.Hdf5;

/// <summary>Trees of records, version 2, as groups and objects with many links or attributes have them.</summary>
internal static class BTree2
{
    private const int MaxDepth = 16;
    private const int Overhead = 10;

    /// <summary>All records in order, each to be read from its beginning. Those of indexes by name begin with a hash, which is left out.</summary>
    public static IEnumerable<Cursor> Records(Hdf5Format format, long address)
    {
        var head = format.At(address, 64);
        head.Expect("BTHD"u8);
        head.Version(0, "trees");
        byte kind = head.Byte();
        long nodeSize = head.UInt32();
        int recordSize = head.UInt16(), depth = head.UInt16();
        head.Skip(2);
        if (head.Address() is not { } root)
            yield break;
        long inRoot = head.UInt16();
        // Links by name begin with a hash and links by creation with a number; attributes begin with their id.
        int skipped = kind switch { 5 => 4, 6 => 8, 8 or 9 => 0, _ => throw format.Bytes.Unsupported($"trees of kind {kind}") };
        if (recordSize <= skipped || nodeSize <= Overhead + recordSize || depth > MaxDepth)
            throw format.Bytes.Damaged($"has a tree of nodes of {nodeSize} and records of {recordSize} bytes, {depth} deep");
        long most = (nodeSize - Overhead) / recordSize, total = most;
        var levels = new (int CountSize, int TotalSize)[depth + 1];
        for (int level = 1; level <= depth; level++)
        {
            levels[level] = (Cursor.WidthOf(most), level > 1 ? Cursor.WidthOf(total) : 0);
            int pointer = format.OffsetSize + levels[level].CountSize + levels[level].TotalSize;
            most = Math.Max(1, (nodeSize - Overhead - pointer) / (recordSize + pointer));
            total = (long)Int128.Min(long.MaxValue / 4, ((Int128)(most + 1) * total) + most);
        }
        var nodes = new Stack<(long Address, long Count, int Level)>();
        nodes.Push((root, inRoot, depth));
        while (nodes.TryPop(out var node))
        {
            var cursor = format.At(node.Address, nodeSize);
            cursor.Expect(node.Level == 0 ? "BTLF"u8 : "BTIN"u8);
            cursor.Skip(2);
            for (long i = 0; i < node.Count; i++)
            {
                var record = format.Over(cursor.Take(recordSize));
                record.Skip(skipped);
                yield return record;
            }
            for (long i = 0; node.Level > 0 && i <= node.Count; i++)
            {
                long child = cursor.DefinedAddress();
                var (countSize, totalSize) = levels[node.Level];
                nodes.Push((child, (long)Math.Min(cursor.Number(countSize), (ulong)nodeSize), node.Level - 1));
                cursor.Skip(totalSize);
            }
        }
    }
}
