using System.Buffers;
using System.IO.MemoryMappedFiles;

namespace Lathe.Tensors;

/// <summary>
/// A file in memory without a copy: pages come from the file as they are touched. Writes to the memory stay in this
/// process and never reach the file. Memory handed out is valid until <see cref="Dispose"/>, and a mapping that is never
/// disposed lasts as long as the process. The file must not shrink meanwhile; replacing it by a move is safe.
/// </summary>
public sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private byte* _start;
    private bool _disposed;

    private MappedFile(FileStream stream)
    {
        Path = stream.Name;
        Length = stream.Length;
        // The system maps no empty files.
        if (Length == 0)
            return;
        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.CopyOnWrite, HandleInheritability.None, leaveOpen: true);
        _view = _file.CreateViewAccessor(0, Length, MemoryMappedFileAccess.CopyOnWrite);
        // The reference taken here also keeps a finalizer from unmapping what spans still point to.
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
    }

    public string Path { get; }

    public long Length { get; }

    /// <summary>Maps a whole file. Throws a <see cref="ModelException"/> when it cannot be read.</summary>
    public static MappedFile Open(string path) => InputFile.Guard(path, () =>
    {
        using var stream = InputFile.OpenRead(path);
        return new MappedFile(stream);
    });

    /// <summary>Bytes <paramref name="offset"/> to <paramref name="offset"/> + <paramref name="length"/>, which must lie within the file.</summary>
    public Memory<byte> Memory(long offset, int length)
    {
        if (!Contains(offset, length))
            throw new ModelException("LATHE1404", $"'{Path}' has {Length} bytes, and {length} at {offset} were asked for");
        return length == 0 ? Memory<byte>.Empty : new Slice(this, offset, length).Memory;
    }

    /// <summary>As <see cref="Memory"/>, for use while this object lives.</summary>
    public ReadOnlySpan<byte> Span(long offset, int length) => Memory(offset, length).Span;

    public bool Contains(long offset, long length) => offset >= 0 && length >= 0 && offset <= Length - length;

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (_view is not null)
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
        }
        _file?.Dispose();
    }

    private sealed class Slice(MappedFile file, long offset, int length) : MemoryManager<byte>
    {
        public override Span<byte> GetSpan()
        {
            ObjectDisposedException.ThrowIf(file._disposed, file);
            return new(file._start + offset, length);
        }

        public override MemoryHandle Pin(int elementIndex = 0)
        {
            ObjectDisposedException.ThrowIf(file._disposed, file);
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)length);
            return new(file._start + offset + elementIndex, pinnable: this);
        }

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
