using Lathe.Tensors;

namespace Lathe.Formats.Keras.Reading.Hdf5;

/// <summary>Where the chunks of an array lie, and how large they are.</summary>
/// <param name="Extents">A chunk's extents, one an axis.</param>
/// <param name="Chunks">Each chunk: its first element's place, its bytes as stored, and the filters that it was spared, a bit each.</param>
internal sealed record ChunkIndex(long[] Extents, IReadOnlyList<StoredChunk> Chunks)
{
    /// <summary>The index of layouts of version 3, a tree.</summary>
    public static ChunkIndex Read(Hdf5Format format, Cursor layout, int rank)
    {
        RequireRank(format, layout.Byte(), rank);
        var root = layout.Address();
        var extents = new long[rank];
        for (int i = 0; i < rank; i++)
            extents[i] = layout.UInt32();
        Check(format, extents);
        var chunks = new List<StoredChunk>();
        if (root is { } tree)
        {
            foreach (var (address, keyBytes) in BTree1.Leaves(format, tree, BTree1.Chunks, 8 + (8 * (rank + 1))))
            {
                var key = format.Over(keyBytes);
                uint size = key.UInt32(), mask = key.UInt32();
                var start = new long[rank];
                for (int i = 0; i < rank; i++)
                    start[i] = (long)Math.Min(key.UInt64(), long.MaxValue);
                chunks.Add(new(start, format.Bytes.Slice(address, size), mask));
            }
        }
        return new(extents, chunks);
    }

    /// <summary>The index of layouts of version 4: one chunk alone, or all of them in a row.</summary>
    public static ChunkIndex ReadNewer(Hdf5Format format, Cursor layout, Shape shape, bool isFiltered)
    {
        byte flags = layout.Byte();
        RequireRank(format, layout.Byte(), shape.Rank);
        int width = layout.Byte();
        var extents = new long[shape.Rank];
        for (int i = 0; i < extents.Length; i++)
            extents[i] = (long)Math.Min(layout.Number(width), uint.MaxValue);
        long elementSize = (long)Math.Min(layout.Number(width), int.MaxValue);
        Check(format, extents);
        long chunkBytes = extents.Aggregate(elementSize, (a, e) => (long)Int128.Min(long.MaxValue / 2, (Int128)a * e));
        switch (layout.Byte())
        {
            case 1:
                bool sized = (flags & 2) != 0;
                long size = sized ? layout.Length() : chunkBytes;
                uint mask = sized ? layout.UInt32() : 0;
                return new(extents, [new(new long[extents.Length], format.Bytes.Slice(layout.DefinedAddress(), size), mask)]);
            case 2 when !isFiltered:
                long address = layout.DefinedAddress();
                var chunks = new List<StoredChunk>();
                var start = new long[extents.Length];
                for (bool more = shape.ElementCount > 0; more; more = Next(start, extents, shape))
                {
                    chunks.Add(new([.. start], format.Bytes.Slice(address, chunkBytes), 0));
                    address += chunkBytes;
                }
                return new(extents, chunks);
            case var kind:
                throw format.Bytes.Unsupported($"chunks with an index of kind {kind}");
        }
    }

    /// <summary>Moves on to the next chunk in row-major order.</summary>
    private static bool Next(long[] start, long[] extents, Shape shape)
    {
        for (int axis = start.Length - 1; axis >= 0; axis--)
        {
            start[axis] += extents[axis];
            if (start[axis] < shape[axis].Value)
                return true;
            start[axis] = 0;
        }
        return false;
    }

    private static void RequireRank(Hdf5Format format, int found, int rank)
    {
        // The elements' bytes count as one more axis.
        if (found != rank + 1)
            throw format.Bytes.Damaged($"has chunks of {found - 1} axes for an array of {rank}");
    }

    private static void Check(Hdf5Format format, long[] extents)
    {
        if (extents.Any(e => e < 1))
            throw format.Bytes.Damaged($"has chunks of [{string.Join(", ", extents)}] elements");
    }
}

/// <summary>A chunk as it is stored.</summary>
internal sealed record StoredChunk(long[] Start, ReadOnlyMemory<byte> Bytes, uint FilterMask);
