namespace Lathe.Bench;

/// <summary>What to measure, as the command line says it.</summary>
/// <param name="Models">Built-in names, paths of files, "all" or "relatives".</param>
/// <param name="Threads">Numbers of threads, at least 1 each.</param>
/// <param name="Rounds">How often the engines take turns.</param>
/// <param name="Seconds">How long a turn is.</param>
/// <param name="Json">A file for all figures, or null.</param>
/// <param name="Target">What Lathe compiles for, null for this machine.</param>
/// <param name="PeerOnly">Leave Lathe out.</param>
/// <param name="TuningRecords">A file whose records choose Lathe's schedules, or null.</param>
internal sealed record BenchSettings(
    IReadOnlyList<string> Models, IReadOnlyList<int> Threads, int Rounds, double Seconds, string? Json, string? Target, bool PeerOnly, string? TuningRecords);
