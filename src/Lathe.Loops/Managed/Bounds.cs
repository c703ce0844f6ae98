namespace Lathe.Loops.Managed;

/// <summary>The check of indices in kernels compiled for testing.</summary>
internal static class Bounds
{
    public static long Check(long index, long extent, int axis, string buffer, string kernel) =>
        (ulong)index < (ulong)extent
            ? index
            : throw new InternalException("LATHE4311", $"kernel {kernel}: index {index} on axis {axis} is outside the buffer {buffer}");
}
