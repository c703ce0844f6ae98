using System.Text.Json;
using System.Text.Json.Serialization;
using Lathe.Tensors;

namespace Lathe.Compilation.Diagnostics;

/// <summary>
/// Peaks that were measured before, in a JSON file: a list with an entry for each processor and number of threads. A file that cannot be read
/// counts as empty, and one that cannot be written is left: the peaks are then measured again.
/// </summary>
public sealed class MachinePeaksFile(string path)
{
    private const long LongestFile = 1 << 20;

    /// <summary>What entries were measured by; those of other versions do not count.</summary>
    private const int Version = 2;

    public string Path => path;

    /// <summary><c>~/.cache/lathe/machine.json</c>, or <c>lathe/machine.json</c> in the folder that XDG_CACHE_HOME names.</summary>
    public static MachinePeaksFile OfUser()
    {
        string? folder = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(folder))
            folder = System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return new(System.IO.Path.Combine(folder, "lathe", "machine.json"));
    }

    /// <summary>
    /// What the file has for a processor and a number of threads, or null. What fewer threads were seen to surpass was measured beside busy programs
    /// and does not count.
    /// </summary>
    public MachinePeaks? Find(string processor, int threads)
    {
        var all = Read().Where(p => p.Processor == processor).ToList();
        return all.Find(p => p.Threads == threads) is { } known && all.TrueForAll(p => p.Threads >= threads || p.Gflops <= known.Gflops) ? known : null;
    }

    /// <summary>What the file has, or else what <paramref name="measure"/> gives, which is then added to the file.</summary>
    public MachinePeaks FindOrAdd(string processor, int threads, Func<MachinePeaks> measure)
    {
        if (Find(processor, threads) is { } known)
            return known;
        var peaks = measure();
        Add(peaks);
        return peaks;
    }

    /// <summary>Measures again where programs surpassed what was known, and keeps the most that was seen.</summary>
    public MachinePeaks Raise(MachinePeaks known, Func<MachinePeaks> measure)
    {
        var peaks = known.Or(measure());
        Add(peaks);
        return peaks;
    }

    private void Add(MachinePeaks peaks)
    {
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
            var all = Read().Where(p => (p.Processor, p.Threads) != (peaks.Processor, peaks.Threads)).Append(peaks).Select(ToEntry).ToList();
            AtomicFile.Write(path, file => JsonSerializer.Serialize(file, all, PeaksJson.Default.ListEntry));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ModelException or ArgumentException or NotSupportedException)
        {
            // A cache that cannot be kept costs a second at the next profile.
        }
    }

    private List<MachinePeaks> Read()
    {
        try
        {
            if (!File.Exists(path) || new FileInfo(path).Length > LongestFile)
                return [];
            using var file = File.OpenRead(path);
            return [.. (JsonSerializer.Deserialize(file, PeaksJson.Default.ListEntry) ?? []).Where(IsUsable).Select(FromEntry)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return [];
        }
    }

    private static bool IsUsable(Entry? entry) =>
        entry is { Version: Version, Threads: > 0, Processor: not null, Reading.Count: > 0 } && IsRate(entry.Gflops)
        && entry.Reading.All(r => r is { Bytes: > 0 } && IsRate(r.GigabytesPerSecond));

    private static bool IsRate(double rate) => double.IsFinite(rate) && rate > 0;

    private static Entry ToEntry(MachinePeaks peaks) => new(Version, peaks.Processor, peaks.Threads, peaks.Gflops, [.. peaks.Reading]);

    private static MachinePeaks FromEntry(Entry entry) =>
        new(entry.Processor, entry.Threads, entry.Gflops, entry.Reading.OrderBy(r => r.Bytes).ToEquatableArray());

    internal sealed record Entry(int Version, string Processor, int Threads, double Gflops, IReadOnlyList<MachinePeaks.Bandwidth> Reading);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(List<MachinePeaksFile.Entry>))]
internal sealed partial class PeaksJson : JsonSerializerContext;
