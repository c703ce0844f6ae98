using Lathe.Targets.Llvm;

namespace Lathe.Tests.Compilation.Bundles;

/// <summary>A test that needs LLVM and programs on the PATH, and is skipped where one is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ToolFactAttribute : FactAttribute
{
    public ToolFactAttribute(params string[] tools)
    {
        var missing = tools.Where(t => !IsInstalled(t)).ToList();
        if (LlvmLibrary.Problem is { } problem)
            Skip = problem;
        else if (missing.Count > 0)
            Skip = $"{string.Join(", ", missing)}: not installed; eng/setup.sh --tests installs it";
    }

    private static bool IsInstalled(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, tool)));
}
