using System.Buffers.Binary;

namespace Lathe.Formats.TFLite.Writing;

/// <summary>A FlatBuffers file that grows at its end. Offsets within it are patched once what they lead to is written.</summary>
internal sealed class FlatFile
{
    private readonly Dictionary<string, int> _shared = [];
    private byte[] _bytes = new byte[1 << 16];

    public int Length { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        int end = checked(Length + bytes.Length);
        if (end > _bytes.Length)
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(end, 2L * _bytes.Length)));
        bytes.CopyTo(_bytes.AsSpan(Length));
        Length = end;
    }

    public void Align(int to)
    {
        while (Length % to != 0)
            Write([0]);
    }

    /// <summary>A count and its elements, the first of which lies on a boundary. Gives the place of the count.</summary>
    public int Vector(ReadOnlySpan<byte> elements, int count, int alignment)
    {
        Align(4);
        while ((Length + 4) % alignment != 0)
            Write([0]);
        int start = Length;
        Write(BitConverter.GetBytes(count));
        Write(elements);
        return start;
    }

    /// <summary>The place of the same bytes, which are written where there are none yet.</summary>
    public int Shared(byte[] bytes)
    {
        string key = Convert.ToHexString(bytes);
        if (_shared.TryGetValue(key, out int known))
            return known;
        Align(2);
        int at = Length;
        Write(bytes);
        return _shared[key] = at;
    }

    public void Put(int at, ReadOnlySpan<byte> bytes) => bytes.CopyTo(_bytes.AsSpan(at));

    public void Put(int at, int number) => BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(at), number);

    /// <summary>Makes the offset at a place lead to another.</summary>
    public void Point(int at, int target) => Put(at, target - at);

    public byte[] ToArray() => _bytes[..Length];
}
