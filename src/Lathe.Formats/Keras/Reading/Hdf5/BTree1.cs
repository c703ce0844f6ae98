namespace Lathe.Formats.Keras.Reading.Hdf5;

/// <summary>Trees of version 1, which hold the nodes of a group's symbols or the chunks of a dataset.</summary>
internal static class BTree1
{
    public const byte Groups = 0;
    public const byte Chunks = 1;

    private const int MaxDepth = 32;

    /// <summary>What the leaves name: addresses, each with the key before it.</summary>
    public static IEnumerable<(long Address, ReadOnlyMemory<byte> Key)> Leaves(Hdf5Format format, long root, byte kind, int keySize)
    {
        var nodes = new Stack<(long Address, int Level)>();
        nodes.Push((root, -1));
        while (nodes.TryPop(out var node))
        {
            var cursor = format.At(node.Address, long.MaxValue);
            cursor.Expect("TREE"u8);
            byte found = cursor.Byte();
            int level = cursor.Byte(), count = cursor.UInt16();
            if (found != kind || level > MaxDepth || (node.Level >= 0 && level != node.Level))
                throw format.Bytes.Damaged($"has a node of kind {found} and level {level} in a tree where it does not belong");
            cursor.Skip(2 * format.OffsetSize);
            var children = new List<(long, int)>();
            for (int i = 0; i < count; i++)
            {
                var key = cursor.Take(keySize);
                long child = cursor.DefinedAddress();
                if (level == 0)
                    yield return (child, key);
                else
                    children.Add((child, level - 1));
            }
            for (int i = children.Count - 1; i >= 0; i--)
                nodes.Push(children[i]);
        }
    }
}
