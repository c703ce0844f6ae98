namespace Lathe.Runtime;

/// <summary>The processors that this process may use.</summary>
public static class Processors
{
    private static readonly Lazy<int> LazyCores = new(() => Math.Max(1, Math.Min(Environment.ProcessorCount, CountCores() ?? int.MaxValue)));

    /// <summary>
    /// Physical cores within the process's affinity and its share of processor time. Two hardware threads of a core compute no
    /// faster than one when both run dense arithmetic.
    /// </summary>
    public static int Cores => LazyCores.Value;

    private static int? CountCores()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            const string Key = "Cpus_allowed_list:";
            string allowed = File.ReadLines("/proc/self/status").First(l => l.StartsWith(Key, StringComparison.Ordinal))[Key.Length..];
            var cores = new HashSet<string>();
            foreach (int cpu in ParseList(allowed))
                cores.Add(File.ReadAllText($"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list").Trim());
            return cores.Count;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Numbers of a list such as <c>0-3,8</c>.</summary>
    internal static IEnumerable<int> ParseList(string list)
    {
        foreach (string part in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = part.Split('-');
            int first = int.Parse(ends[0]);
            for (int i = first; i <= (ends.Length > 1 ? int.Parse(ends[1]) : first); i++)
                yield return i;
        }
    }
}
