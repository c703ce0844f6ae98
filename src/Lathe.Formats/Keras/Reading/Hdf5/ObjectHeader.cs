namespace Lathe.Formats.Keras.Reading.Hdf5;

/// <summary>The kinds of header messages that are read.</summary>
internal enum MessageKind
{
    Dataspace = 1, LinkInfo = 2, Datatype = 3, Link = 6, Layout = 8, Filters = 11, Attribute = 12, Continuation = 16, SymbolTable = 17, AttributeInfo = 21,
}

/// <summary>What describes a group or dataset: messages, in blocks that continue each other.</summary>
internal sealed class ObjectHeader
{
    private const int MaxMessages = 100_000;

    private readonly Hdf5Format _format;
    private readonly List<(MessageKind Kind, ReadOnlyMemory<byte> Body)> _messages = [];
    private readonly Queue<(long Address, long Length)> _blocks = new();

    public ObjectHeader(Hdf5Format format, long address)
    {
        _format = format;
        var head = format.At(address, 64);
        if (head.Byte() == 1)
            ReadFirst(head, address);
        else
            ReadSigned(format.At(address, 64), address);
    }

    /// <summary>The body of the only message of a kind, or null where there is none.</summary>
    public Cursor? Find(MessageKind kind)
    {
        foreach (var (found, body) in _messages)
            if (found == kind)
                return _format.Over(body);
        return null;
    }

    public IEnumerable<Cursor> All(MessageKind kind) => _messages.Where(m => m.Kind == kind).Select(m => _format.Over(m.Body));

    private void ReadFirst(Cursor head, long address)
    {
        head.Skip(1 + 2 + 4);
        uint size = head.UInt32();
        _blocks.Enqueue((address + 16, size));
        while (_blocks.TryDequeue(out var block))
        {
            var cursor = _format.Over(_format.Bytes.Slice(block.Address, block.Length));
            while (cursor.Remaining >= 8)
            {
                int kind = cursor.UInt16(), length = cursor.UInt16();
                byte flags = cursor.Byte();
                cursor.Skip(3);
                Add(kind, flags, cursor.Take(length));
                cursor.Align();
            }
        }
    }

    private void ReadSigned(Cursor head, long address)
    {
        head.Expect("OHDR"u8);
        head.Version(2, "object headers");
        byte flags = head.Byte();
        head.Skip(((flags & 0x20) != 0 ? 16 : 0) + ((flags & 0x10) != 0 ? 4 : 0));
        long size = (long)Math.Min(head.Number(1 << (flags & 3)), long.MaxValue / 4);
        ReadMessages(_format.Over(_format.Bytes.Slice(address + head.At, size)), flags);
        while (_blocks.TryDequeue(out var block))
        {
            var cursor = _format.Over(_format.Bytes.Slice(block.Address, block.Length));
            cursor.Expect("OCHK"u8);
            ReadMessages(_format.Over(cursor.Take(cursor.Remaining - 4)), flags);
        }
    }

    private void ReadMessages(Cursor cursor, byte headerFlags)
    {
        int overhead = (headerFlags & 4) != 0 ? 6 : 4;
        while (cursor.Remaining >= overhead)
        {
            int kind = cursor.Byte(), length = cursor.UInt16();
            byte flags = cursor.Byte();
            cursor.Skip(overhead - 4);
            Add(kind, flags, cursor.Take(length));
        }
    }

    private void Add(int kind, byte flags, ReadOnlyMemory<byte> body)
    {
        if (_messages.Count >= MaxMessages)
            throw _format.Bytes.Damaged($"has an object of more than {MaxMessages} messages");
        bool isShared = (flags & 2) != 0;
        if (isShared && (MessageKind)kind is MessageKind.Dataspace or MessageKind.Datatype or MessageKind.Filters or MessageKind.Attribute)
            throw _format.Bytes.Unsupported("messages that objects share");
        if ((MessageKind)kind != MessageKind.Continuation)
        {
            if (Enum.IsDefined((MessageKind)kind))
                _messages.Add(((MessageKind)kind, body));
            return;
        }
        var cursor = _format.Over(body);
        var (address, length) = (cursor.DefinedAddress(), cursor.Length());
        if (_blocks.Count > 1000 || length == 0)
            throw _format.Bytes.Damaged("has an object of too many blocks");
        // Each block counts as a visit, so that blocks that name each other come to an end.
        _format.At(address, 0);
        _blocks.Enqueue((address, length));
    }
}
