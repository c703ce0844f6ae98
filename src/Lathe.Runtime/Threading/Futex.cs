using System.Runtime.InteropServices;

namespace Lathe.Runtime;

/// <summary>Linux's wait on the value of an integer.</summary>
internal static unsafe partial class Futex
{
    private const int WaitPrivate = 128;
    private const int WakePrivate = 129;

    private static readonly nint Number = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 202,
        Architecture.Arm64 or Architecture.RiscV64 or Architecture.LoongArch64 => 98,
        _ => 0,
    };

    public static bool IsSupported { get; } = OperatingSystem.IsLinux() && Number != 0 && Probe();

    /// <summary>Sleeps while <paramref name="address"/> holds <paramref name="value"/>; may return early.</summary>
    public static void Wait(int* address, int value) => SystemCall(Number, address, WaitPrivate, value, 0, 0, 0);

    public static void Wake(int* address, int count) => SystemCall(Number, address, WakePrivate, count, 0, 0, 0);

    private static bool Probe()
    {
        try
        {
            int word = 0;
            return SystemCall(Number, &word, WakePrivate, 1, 0, 0, 0) == 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SystemCall(nint number, int* address, nint operation, nint value, nint timeout, nint address2, nint value3);
}
