namespace Lathe.Loops.Managed;

/// <summary>
/// Memory of Local buffers: a stack of blocks a thread, one for each activation of a compiled function, kept for the
/// next run so that runs make no garbage. Pinned, so addresses stay valid; aligned to 64 bytes.
/// </summary>
internal sealed unsafe class LocalMemory
{
    private const int Alignment = 64;

    [ThreadStatic]
    private static LocalMemory? _ofThread;

    private readonly List<byte[]> _blocks = [];
    private int _depth;

    private static LocalMemory OfThread => _ofThread ??= new LocalMemory();

    /// <summary>A block of undefined contents, until the matching <see cref="Pop"/> on the same thread.</summary>
    public static long Push(long bytes)
    {
        var memory = OfThread;
        if (memory._depth == memory._blocks.Count)
            memory._blocks.Add([]);
        var block = memory._blocks[memory._depth];
        if (block.Length < bytes + Alignment)
            block = memory._blocks[memory._depth] = GC.AllocateUninitializedArray<byte>(checked((int)(bytes + Alignment)), pinned: true);
        memory._depth++;
        fixed (byte* p = block)
            return ((nint)p + Alignment - 1) & -Alignment;
    }

    public static void Pop() => OfThread._depth--;
}
