namespace Lathe.Formats.Keras.Reading.Hdf5;

/// <summary>Puts the chunks of an array together.</summary>
internal sealed class ChunkReader(Hdf5Format format, string path, long[] shape, int elementSize, Filter[] filters)
{
    // Deflate codes at most 258 bytes in 2 bits, so nothing inflates further than this.
    private const long MaxDeflateRatio = 1032;

    public byte[] Read(ChunkIndex index, int size)
    {
        long stored = index.Chunks.Sum(c => (long)c.Bytes.Length);
        if (size > stored * (filters.Length > 0 ? MaxDeflateRatio : 1))
            throw format.Bytes.Damaged($"has {stored} bytes for '{path}', which takes {size}");
        long expected = 1;
        for (int axis = 0; axis < shape.Length; axis++)
            expected *= (shape[axis] + index.Extents[axis] - 1) / index.Extents[axis];
        if (size > 0 && index.Chunks.Select(c => string.Join(',', c.Start)).Distinct().LongCount() != expected)
            throw format.Bytes.Damaged($"has {index.Chunks.Count} chunks of '{path}', which takes {expected}");
        var result = new byte[size];
        var inChunk = (Int128)elementSize;
        foreach (long extent in index.Extents)
            inChunk *= extent;
        // A chunk may reach over the ends of the array, yet not by more than the array is long.
        if (inChunk > Int128.Max(1 << 20, (Int128)size * 64))
            throw format.Bytes.Damaged($"has chunks of {inChunk} bytes for '{path}', which takes {size}");
        foreach (var chunk in index.Chunks)
        {
            var bytes = chunk.Bytes;
            for (int i = filters.Length - 1; i >= 0; i--)
                if (i >= 32 || (chunk.FilterMask & (1u << i)) == 0)
                    bytes = filters[i].Undo(format, bytes, (int)inChunk);
            if (bytes.Length < inChunk)
                throw format.Bytes.Damaged($"has a chunk of {bytes.Length} bytes in '{path}' where {inChunk} belong");
            Place(chunk, index.Extents, bytes.Span, result);
        }
        return result;
    }

    /// <summary>Copies what of a chunk lies within the array, row by row.</summary>
    private void Place(StoredChunk chunk, long[] extents, ReadOnlySpan<byte> bytes, Span<byte> result)
    {
        int rank = shape.Length;
        if (rank == 0)
        {
            bytes[..elementSize].CopyTo(result);
            return;
        }
        for (int axis = 0; axis < rank; axis++)
            if (chunk.Start[axis] < 0 || chunk.Start[axis] >= shape[axis] || chunk.Start[axis] % extents[axis] != 0)
                throw format.Bytes.Damaged($"has a chunk of '{path}' outside of the array");
        var at = new long[rank];
        int row = (int)(Math.Min(extents[^1], shape[^1] - chunk.Start[^1]) * elementSize);
        while (true)
        {
            long from = 0, to = 0;
            for (int axis = 0; axis < rank; axis++)
            {
                from = (from * extents[axis]) + at[axis];
                to = (to * shape[axis]) + chunk.Start[axis] + at[axis];
            }
            bytes.Slice((int)from * elementSize, row).CopyTo(result[((int)to * elementSize)..]);
            int moved = rank - 2;
            while (moved >= 0 && ++at[moved] >= Math.Min(extents[moved], shape[moved] - chunk.Start[moved]))
                at[moved--] = 0;
            if (moved < 0)
                return;
        }
    }
}
