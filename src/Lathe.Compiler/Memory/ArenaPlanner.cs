namespace Lathe.Compilation.Memory;

/// <summary>
/// Places buffers that live for a while into one arena, so that buffers which live at the same time do not overlap. Greedy:
/// the largest first, each at the lowest offset that is free throughout its life.
/// </summary>
internal static class ArenaPlanner
{
    private const long Alignment = 64;

    /// <summary>The offset of each block, in the order given, and the arena's size.</summary>
    public static (long[] Offsets, long Size) Plan(IReadOnlyList<Block> blocks)
    {
        var offsets = new long[blocks.Count];
        var placed = new List<int>();
        long size = 0;
        foreach (int i in Enumerable.Range(0, blocks.Count).OrderByDescending(i => blocks[i].Bytes).ThenBy(i => blocks[i].FirstStep))
        {
            long at = 0;
            foreach (int other in placed.Where(o => blocks[o].Overlaps(blocks[i])).OrderBy(o => offsets[o]))
            {
                if (offsets[other] >= at + blocks[i].Bytes)
                    break;
                at = Math.Max(at, Align(offsets[other] + blocks[other].Bytes));
            }
            offsets[i] = at;
            placed.Add(i);
            size = Math.Max(size, at + blocks[i].Bytes);
        }
        return (offsets, Align(size));
    }

    public static long Align(long offset) => (offset + Alignment - 1) / Alignment * Alignment;

    /// <summary>So many bytes, written first in one step and read last in another, both included.</summary>
    public readonly record struct Block(long Bytes, int FirstStep, int LastStep)
    {
        public bool Overlaps(Block other) => FirstStep <= other.LastStep && other.FirstStep <= LastStep;
    }
}
