using System.Runtime.InteropServices;

namespace Lathe.Runtime;

/// <summary>
/// What the threads of a pool share, in unmanaged memory: what one thread writes while others wait for something else
/// lies on cache lines of its own (two lines, as processors fetch them in pairs).
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 4 * Line)]
internal struct WorkState
{
    public const int Line = 128;

    /// <summary>The number of the loop (upper 32 bits) and how many of its iterations nobody has taken yet (lower 32 bits).</summary>
    [FieldOffset(0)] public long Ticket;
    [FieldOffset(8)] public nint Function;
    [FieldOffset(16)] public nint Data;
    [FieldOffset(24)] public long Begin;
    [FieldOffset(32)] public long Count;

    /// <summary>How many iterations have not ended.</summary>
    [FieldOffset(Line)] public long Pending;

    [FieldOffset(2 * Line)] public int WorkEpoch;
    [FieldOffset((2 * Line) + 4)] public int Sleepers;

    [FieldOffset(3 * Line)] public int DoneEpoch;
    [FieldOffset((3 * Line) + 4)] public int Callers;

    public static long Left(long ticket) => ticket & 0xFFFF_FFFF;

    public static long NextTicket(long ticket, long count) => unchecked((((ticket >> 32) + 1) << 32) | count);
}
