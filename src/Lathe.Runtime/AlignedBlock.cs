using System.Runtime.InteropServices;

namespace Lathe.Runtime;

/// <summary>Memory outside the managed heap, aligned to 64 bytes, and large blocks to huge pages. Not cleared.</summary>
internal sealed unsafe partial class AlignedBlock : IDisposable
{
    private const nuint HugePage = 2 << 20;
    private const int AdviseHugePages = 14;

    private void* _start;

    public AlignedBlock(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        bool isLarge = bytes >= 2 * (long)HugePage;
        nuint size = (nuint)Math.Max(64, bytes);
        _start = NativeMemory.AlignedAlloc(size, isLarge ? HugePage : 64);
        // Only advice: fewer misses of the address cache where the system follows it.
        if (isLarge && OperatingSystem.IsLinux())
            _ = Advise(_start, size & ~(HugePage - 1), AdviseHugePages);
        Bytes = bytes;
    }

    ~AlignedBlock() => Free();

    public nint Address => (nint)_start;

    public long Bytes { get; }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_start);
        _start = null;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
