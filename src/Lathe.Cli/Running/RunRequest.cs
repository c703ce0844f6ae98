using Lathe.Cli.Tuning;
using Lathe.Compilation;
using Lathe.Formats;

namespace Lathe.Cli.Running;

/// <summary>What <c>lathe run</c> is asked for.</summary>
internal sealed record RunRequest(string Path)
{
    public string? Target { get; init; }

    public int Threads { get; init; }

    public bool Exact { get; init; }

    public ImportOptions Import { get; init; } = new();

    public string? InputFile { get; init; }

    public string? OutputFile { get; init; }

    public FillMode FillMode { get; init; } = FillMode.Random;

    public PictureInput? Picture { get; init; }

    public string? LabelFile { get; init; }

    public int Top { get; init; } = 5;

    public int PrintTop { get; init; }

    public bool PrintTime { get; init; }

    public int Repeat { get; init; } = 1;

    public int Number { get; init; } = 1;

    public bool Profile { get; init; }

    /// <summary>Where the profile goes as a page; null for nowhere.</summary>
    public string? ProfilePage { get; init; }

    /// <summary>A file of tuning records, or null.</summary>
    public string? TuningRecords { get; init; }

    /// <summary>Reads the target, and the tuning records if there are any.</summary>
    public CompileOptions Options(Terminal terminal) =>
        Records.ApplyTo(new(Compilation.Target.Parse(Target), Threads, Exact), TuningRecords, terminal);
}
