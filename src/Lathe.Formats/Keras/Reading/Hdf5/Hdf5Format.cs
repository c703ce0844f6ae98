namespace Lathe.Formats.Keras.Reading.Hdf5;

/// <summary>What every structure of a file needs to know of it: its bytes, the place that addresses count from, and the widths of addresses and sizes.</summary>
internal sealed class Hdf5Format(FileBytes bytes, long @base, int offsetSize, int lengthSize)
{
    private long _visits;

    public FileBytes Bytes => bytes;

    public long Base => @base;

    public int OffsetSize => offsetSize;

    public int LengthSize => lengthSize;

    /// <summary>The bytes from a place on, to be read one after the other.</summary>
    public Cursor At(long offset, long most)
    {
        // No honest file has more structures than a few for each of its bytes, and circles end here.
        if (++_visits > 10_000 + bytes.Length)
            throw bytes.Damaged("leads around in circles");
        return new(this, bytes.UpTo(offset, most));
    }

    public Cursor Over(ReadOnlyMemory<byte> part) => new(this, part);
}
