using System.Diagnostics;

namespace Lathe.Compilation.Tuning;

/// <summary>How long and from where to tune.</summary>
/// <param name="Options">What the model is compiled for. Its choices do not count.</param>
/// <param name="RecordsPath">The file that records are appended to; those in it count as trials done.</param>
public sealed record TuneRequest(CompileOptions Options, string RecordsPath)
{
    /// <summary>Trials of the whole model, those of the records file included; null for <see cref="Tuner.TrialsPerTask"/> a task, or no limit where there is a budget.</summary>
    public int? Trials { get; init; }

    /// <summary>The time for everything, on the <see cref="Clock"/>; null for no limit.</summary>
    public TimeSpan? Budget { get; init; }

    /// <summary>Runs since tuning began for the user: reading the model counts.</summary>
    public Stopwatch Clock { get; init; } = Stopwatch.StartNew();

    /// <summary>Records of other files, which say where to start.</summary>
    public IReadOnlyList<TuningRecord> Known { get; init; } = [];

    /// <summary>A program with its arguments that serves as <see cref="KernelRunner"/>, for the target and threads of <see cref="Options"/>.</summary>
    public required IReadOnlyList<string> Runner { get; init; }

    /// <summary>Float32 operations of this machine in 1e9 a second, on as many threads.</summary>
    public required double PeakGflops { get; init; }
}
