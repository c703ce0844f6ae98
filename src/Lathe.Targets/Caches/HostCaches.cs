using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Lathe.Targets;

/// <summary>Asks the system for the caches of this machine's first processor; 0 for what it does not say.</summary>
internal static unsafe partial class HostCaches
{
    private const string Folder = "/sys/devices/system/cpu/cpu0/cache";
    private const int RelationCache = 2;

    private static readonly CacheSizes Unknown = new(0, 0, 0, 0, 0);

    public static CacheSizes Read()
    {
        try
        {
            return OperatingSystem.IsLinux() ? FromFiles(Folder)
                : OperatingSystem.IsMacOS() ? FromControls()
                : OperatingSystem.IsWindows() ? FromTable()
                : Unknown;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or OverflowException or DllNotFoundException or EntryPointNotFoundException)
        {
            return Unknown;
        }
    }

    /// <summary>Linux: a folder for each cache, with files for its facts.</summary>
    internal static CacheSizes FromFiles(string folder)
    {
        var all = Directory.Exists(folder) ? Directory.EnumerateDirectories(folder, "index*").Select(ReadCache).Where(c => c.IsData).ToList() : [];
        // Threads of a core share its first level; a second level that more of them share serves several cores.
        int threads = all.Where(c => c.Level == 1).Select(c => c.Sharers).FirstOrDefault(1);
        return all.Aggregate(Unknown, (sizes, cache) => With(sizes, cache with { Sharers = Math.Max(1, cache.Sharers / threads) }));
    }

    private static Cache ReadCache(string folder)
    {
        string Text(string name) => Path.Combine(folder, name) is var path && File.Exists(path) ? File.ReadAllText(path).Trim() : "";
        int Number(string name) => int.TryParse(Text(name), CultureInfo.InvariantCulture, out int n) ? n : 0;
        string size = Text("size");
        long unit = size.EndsWith('K') ? 1 << 10 : size.EndsWith('M') ? 1 << 20 : 1;
        int sharers = Text("shared_cpu_map").Where(char.IsAsciiHexDigit).Sum(c => BitOperations.PopCount((uint)Convert.ToInt32($"{c}", 16)));
        return new(
            Number("level"),
            Text("type") is "Data" or "Unified",
            long.TryParse(size.TrimEnd('K', 'M'), CultureInfo.InvariantCulture, out long amount) ? amount * unit : 0,
            Number("ways_of_associativity"),
            Number("coherency_line_size"),
            Math.Max(1, sharers));
    }

    private static CacheSizes With(CacheSizes sizes, Cache cache) => cache.Level switch
    {
        1 => sizes with { L1Bytes = cache.Bytes, L1Ways = cache.Ways, LineBytes = cache.LineBytes },
        2 => sizes with { L2Bytes = cache.Bytes / cache.Sharers },
        3 => sizes with { L3Bytes = cache.Bytes },
        _ => sizes,
    };

    /// <summary>macOS: values by name, first for the faster kind of core where there are two.</summary>
    private static CacheSizes FromControls() => new(
        First("hw.perflevel0.l1dcachesize", "hw.l1dcachesize"),
        0,
        (int)First("hw.cachelinesize"),
        First("hw.perflevel0.l2cachesize", "hw.l2cachesize") / Math.Max(1, First("hw.perflevel0.cpusperl2")),
        First("hw.l3cachesize"));

    private static long First(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            long value = 0;
            nuint size = sizeof(long);
            fixed (byte* text = Encoding.UTF8.GetBytes(name + "\0"))
                if (Control(text, &value, &size, null, 0) == 0 && value > 0)
                    return value;
        }
        return 0;
    }

    /// <summary>Windows: a table of entries, of which caches are one kind.</summary>
    private static CacheSizes FromTable()
    {
        uint bytes = 0;
        // Without room for the table it fails, and says how much it needs.
        _ = LogicalProcessors(null, &bytes);
        var table = new LogicalProcessor[bytes / sizeof(LogicalProcessor)];
        var sizes = Unknown;
        fixed (LogicalProcessor* entries = table)
        {
            if (table.Length == 0 || LogicalProcessors(entries, &bytes) == 0)
                return Unknown;
        }
        // The first processor's; those of a core's threads and of several cores cover more of the mask.
        var ours = table.Where(e => e.Relationship == RelationCache && (e.Processors & 1) != 0 && e.Type != 1).ToList();
        int threads = ours.Where(e => e.Level == 1).Select(e => BitOperations.PopCount(e.Processors)).FirstOrDefault(1);
        foreach (var entry in ours)
            sizes = With(sizes, new(entry.Level, true, entry.Bytes, entry.Ways, entry.LineBytes, Math.Max(1, BitOperations.PopCount(entry.Processors) / threads)));
        return sizes;
    }

    [LibraryImport("libSystem", EntryPoint = "sysctlbyname")]
    private static partial int Control(byte* name, void* value, nuint* size, void* replacement, nuint replacementSize);

    [LibraryImport("kernel32", EntryPoint = "GetLogicalProcessorInformation")]
    private static partial int LogicalProcessors(LogicalProcessor* entries, uint* bytes);

    private readonly record struct Cache(int Level, bool IsData, long Bytes, int Ways, int LineBytes, int Sharers);

    /// <summary>SYSTEM_LOGICAL_PROCESSOR_INFORMATION of 64-bit Windows, as far as it describes caches.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 32)]
    private struct LogicalProcessor
    {
        [FieldOffset(0)] public nuint Processors;
        [FieldOffset(8)] public int Relationship;
        [FieldOffset(16)] public byte Level;
        [FieldOffset(17)] public byte Ways;
        [FieldOffset(18)] public ushort LineBytes;
        [FieldOffset(20)] public uint Bytes;
        /// <summary>0: all, 1: instructions, 2: data.</summary>
        [FieldOffset(24)] public int Type;
    }
}
