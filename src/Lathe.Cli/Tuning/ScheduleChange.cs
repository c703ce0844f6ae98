using Lathe.Compilation.Scheduling;

namespace Lathe.Cli.Tuning;

/// <summary>Says for people how one schedule differs from another.</summary>
internal static class ScheduleChange
{
    /// <summary>
    /// For example <c>direct: rows 6 -> 7, vectors 4 -> 3</c>; a knob that only one of them has is 0 in the other. Both schedules as they are where their
    /// generators differ.
    /// </summary>
    public static string Describe(string from, string to)
    {
        if (Schedule.TryParse(from) is not { } before || Schedule.TryParse(to) is not { } after || before.Generator != after.Generator)
            return $"{from} -> {to}";
        var knobs = before.Knobs.Concat(after.Knobs).Select(k => k.Name).Distinct();
        var changed = knobs.Select(k => (Name: k, Before: before.Find(k) ?? 0, After: after.Find(k) ?? 0)).Where(k => k.Before != k.After);
        return $"{after.Generator}: {string.Join(", ", changed.Select(k => $"{k.Name} {k.Before} -> {k.After}"))}";
    }
}
