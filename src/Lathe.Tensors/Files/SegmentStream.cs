namespace Lathe.Tensors;

/// <summary>Blocks of memory one after another as a stream to read, without a copy of them.</summary>
public sealed class SegmentStream(IReadOnlyList<ReadOnlyMemory<byte>> segments) : Stream
{
    private int _segment;
    private int _offset;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length { get; } = segments.Sum(s => (long)s.Length);

    public override long Position
    {
        get => _position;
        set
        {
            if (value < 0 || value > Length)
                throw new ArgumentOutOfRangeException(nameof(value), value, $"the stream has {Length} bytes");
            (_segment, _position) = (0, value);
            while (_segment < segments.Count && value >= segments[_segment].Length)
                value -= segments[_segment++].Length;
            _offset = (int)value;
        }
    }

    public override int Read(Span<byte> buffer)
    {
        int read = 0;
        while (read < buffer.Length && _segment < segments.Count)
        {
            var rest = segments[_segment].Span[_offset..];
            int count = Math.Min(rest.Length, buffer.Length - read);
            rest[..count].CopyTo(buffer[read..]);
            read += count;
            _offset += count;
            if (count == rest.Length)
                (_segment, _offset) = (_segment + 1, 0);
        }
        _position += read;
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => Position,
        _ => Length,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException("the stream is to be read");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("the stream is to be read");
}
