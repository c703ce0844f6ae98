using System.Text;

namespace Lathe.Formats.Keras.Reading.Hdf5;

/// <summary>Where the objects of a group lie, by name. Links to other files and to other names are left out: nothing follows them.</summary>
internal static class GroupLinks
{
    public static Dictionary<string, long> Read(Hdf5Format format, ObjectHeader header)
    {
        var links = new Dictionary<string, long>();
        if (header.Find(MessageKind.SymbolTable) is { } table)
            ReadSymbols(format, table.DefinedAddress(), table.DefinedAddress(), links);
        foreach (var link in header.All(MessageKind.Link))
            Add(link, links);
        if (header.Find(MessageKind.LinkInfo) is not { } info)
            return links;
        info.Version(0, "link information");
        info.Skip((info.Byte() & 1) != 0 ? 8 : 0);
        if (info.Address() is { } heapAddress && info.Address() is { } tree)
        {
            var heap = new FractalHeap(format, heapAddress);
            foreach (var record in BTree2.Records(format, tree))
                Add(format.Over(heap.Object(record.Take(heap.IdLength))), links);
        }
        return links;
    }

    private static void Add(Cursor link, Dictionary<string, long> links)
    {
        link.Version(1, "links");
        byte flags = link.Byte();
        int kind = (flags & 8) != 0 ? link.Byte() : 0;
        link.Skip(((flags & 4) != 0 ? 8 : 0) + ((flags & 16) != 0 ? 1 : 0));
        long length = (long)Math.Min(link.Number(1 << (flags & 3)), int.MaxValue);
        string name = Encoding.UTF8.GetString(link.Take(length).Span);
        if (kind == 0)
            links[name] = link.DefinedAddress();
    }

    private static void ReadSymbols(Hdf5Format format, long tree, long heapAddress, Dictionary<string, long> links)
    {
        var heap = format.At(heapAddress, 64);
        heap.Expect("HEAP"u8);
        heap.Version(0, "local heaps");
        heap.Skip(3);
        long size = heap.Length();
        heap.Skip(format.LengthSize);
        var names = format.Bytes.Slice(heap.DefinedAddress(), size);
        foreach (var (child, _) in BTree1.Leaves(format, tree, BTree1.Groups, format.LengthSize))
        {
            var node = format.At(child, long.MaxValue);
            node.Expect("SNOD"u8);
            node.Version(1, "symbol tables");
            node.Skip(1);
            for (int count = node.UInt16(); count > 0; count--)
            {
                ulong offset = node.Number(format.OffsetSize);
                var address = node.Address();
                uint kind = node.UInt32();
                node.Skip(20);
                if (offset >= (ulong)names.Length)
                    throw format.Bytes.Damaged($"keeps a name at {offset} of a heap of {names.Length} bytes");
                var rest = names.Span[(int)offset..];
                int end = rest.IndexOf((byte)0);
                if (kind != 2 && address is { } known)
                    links[Encoding.UTF8.GetString(end < 0 ? rest : rest[..end])] = known;
            }
        }
    }
}
