using System.Security.Cryptography;
using System.Text;

namespace Lathe.Compilation.Tuning;

/// <summary>Names what measurements hold for: a processor with its features, what LLVM is told of it, and a number of threads.</summary>
public static class TuningMachine
{
    /// <summary>For example <c>x86_64 znver4 5c0e1b9a, 2 threads</c>; the eight digits follow from the whole target with its features.</summary>
    public static string Of(Target target, int threads)
    {
        string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{target} {target.Machine(1)}")).AsSpan(0, 4));
        string processor = target is Target.Llvm { Code: var code } ? $"{code.Architecture} {code.Cpu}" : "managed";
        return $"{processor} {digest}, {threads} thread{(threads == 1 ? "" : "s")}";
    }
}
