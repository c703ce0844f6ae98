using Lathe.Targets.Llvm;

namespace Lathe.Cli.Printing;

/// <summary>Targets as people read them: what this machine's CPU can do would fill the screen.</summary>
internal static class TargetText
{
    /// <summary><c>llvm -mcpu=znver4 (this machine)</c> for the host; another target without its list of features.</summary>
    public static string Short(string target) =>
        LlvmLibrary.IsAvailable && target == LlvmTarget.Host.ToString() ? $"llvm -mcpu={LlvmTarget.Host.Cpu} (this machine)" : target.Split(" -mattr=")[0];
}
