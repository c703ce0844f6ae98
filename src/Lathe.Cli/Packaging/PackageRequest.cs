using Lathe.Compilation;
using Lathe.Formats;

namespace Lathe.Cli.Packaging;

/// <summary>What <c>lathe compile</c> is asked for.</summary>
/// <param name="Dumps">The forms of <see cref="CodeDump"/> to write.</param>
internal sealed record PackageRequest(string Model, string Bundle, CompileOptions Options, ImportOptions Import, IReadOnlyList<string> Dumps, bool Header);

/// <summary>A pass of a compilation.</summary>
internal sealed record PassTime(string Name, double Milliseconds, bool Changed);

/// <summary>What a compilation gave. Sizes are in bytes; Files are those beside the bundle.</summary>
/// <param name="TunedSteps">Steps with a schedule from tuning records; null where none were given.</param>
internal sealed record PackageReport(
    string Model,
    string Bundle,
    string Target,
    double Seconds,
    string CodeFile,
    long CodeBytes,
    long ParameterBytes,
    long ArenaBytes,
    int Kernels,
    int Steps,
    int? TunedSteps,
    int Transposes,
    IReadOnlyList<PassTime> Passes,
    IReadOnlyList<string> Files,
    IReadOnlyList<string> Notes);
