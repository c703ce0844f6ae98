using System.Globalization;
using Lathe.Targets.Llvm;

namespace Lathe.Tests.Cli.Verbs;

/// <summary>
/// A fact of a command that is interrupted while it measures native code. Programs that a shell starts in the background ignore interrupts, and so does
/// what they start: there it is skipped, as it is on other systems than Linux.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class InterruptFactAttribute : FactAttribute
{
    private const int Interrupt = 2;
    private const string Ignored = "SigIgn:";

    public InterruptFactAttribute() => Skip = LlvmLibrary.Problem ?? Problem;

    private static string? Problem
    {
        get
        {
            if (!OperatingSystem.IsLinux())
                return "interrupts are sent on Linux only";
            string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(Ignored, StringComparison.Ordinal));
            ulong ignored = ulong.Parse(line.AsSpan(Ignored.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            return (ignored & (1UL << (Interrupt - 1))) == 0 ? null : "the tests were started in the background, where interrupts are ignored";
        }
    }
}
