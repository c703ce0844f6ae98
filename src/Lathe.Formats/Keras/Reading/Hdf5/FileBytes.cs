using Lathe.Tensors;

namespace Lathe.Formats.Keras.Reading.Hdf5;

/// <summary>The bytes of a file, mapped or in memory. Slices share them; what lies outside is an error about the file.</summary>
internal sealed class FileBytes
{
    private readonly MappedFile? _file;
    private readonly Memory<byte> _memory;

    public FileBytes(string path)
    {
        _file = MappedFile.Open(path);
        (Name, Length) = (Path.GetFileName(path), _file.Length);
    }

    public FileBytes(Memory<byte> memory, string name) => (_memory, Name, Length) = (memory, name, memory.Length);

    public string Name { get; }

    public long Length { get; }

    public Memory<byte> Slice(long offset, long length)
    {
        if (offset < 0 || length < 0 || length > int.MaxValue || offset > Length - length)
            throw Damaged($"says that {length} bytes lie at {offset}, and has {Length}");
        return _file is null ? _memory.Slice((int)offset, (int)length) : _file.Memory(offset, (int)length);
    }

    /// <summary>The bytes from a place on, as many as there are, up to a number.</summary>
    public Memory<byte> UpTo(long offset, long most) => Slice(offset, Math.Min(most, Math.Max(0, Length - Math.Max(0, offset))));

    public ModelException Damaged(string what) => new("LATHE3400", $"'{Name}' is damaged: it {what}");

    public UnsupportedException Unsupported(string what) => new("LATHE3401", $"'{Name}' uses what is not read yet of HDF5: {what}", next: "write the file again with h5py's defaults");
}
