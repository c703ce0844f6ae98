using Lathe.Cli.Verbs;
using Lathe.Compilation;

namespace Lathe.Cli.Tuning;

/// <summary>How another process of this program is started that measures kernels.</summary>
internal static class RunnerCommand
{
    /// <summary>The program and its arguments.</summary>
    public static IReadOnlyList<string> Of(CompileOptions options)
    {
        string self = Environment.ProcessPath ?? "lathe";
        string name = typeof(RunnerCommand).Assembly.GetName().Name!;
        // Where 'dotnet' runs the program, the program is an argument.
        bool isProgram = Path.GetFileNameWithoutExtension(self).Equals(name, StringComparison.OrdinalIgnoreCase);
        return
        [
            self,
            .. isProgram ? [] : new[] { Path.Combine(AppContext.BaseDirectory, $"{name}.dll") },
            MeasureKernelsVerb.Name, "--target", options.Target.ToString()!, "--threads", $"{options.ThreadsToUse}",
        ];
    }
}
