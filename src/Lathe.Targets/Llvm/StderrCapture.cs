using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Lathe.Targets.Llvm;

/// <summary>
/// Collects what native code prints to stderr: libLLVM tells only there that it does not know a CPU or feature, and then goes
/// on without it. What other threads print in the meantime is not lost, see <see cref="Pass"/>.
/// </summary>
internal static partial class StderrCapture
{
    private const int Stderr = 2;

    private static readonly Lock Gate = new();

    /// <summary>Runs an action and gives the lines that came meanwhile; none on systems without Unix descriptors.</summary>
    public static IReadOnlyList<string> Run(Action action)
    {
        if (OperatingSystem.IsWindows() || OperatingSystem.IsBrowser())
        {
            action();
            return [];
        }
        lock (Gate)
        {
            string path = Path.GetTempFileName();
            try
            {
                using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
                    Redirected(file, action);
                return File.ReadAllLines(path);
            }
            finally
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>Prints lines that were meant for somebody else.</summary>
    public static void Pass(IEnumerable<string> lines)
    {
        foreach (string line in lines)
            Console.Error.WriteLine(line);
    }

    private static void Redirected(SafeFileHandle file, Action action)
    {
        int original = Duplicate(Stderr);
        if (original < 0 || DuplicateTo((int)file.DangerousGetHandle(), Stderr) < 0)
        {
            action();
            return;
        }
        try
        {
            action();
        }
        finally
        {
            _ = DuplicateTo(original, Stderr);
            _ = Close(original);
        }
    }

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int descriptor);

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int DuplicateTo(int from, int to);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
