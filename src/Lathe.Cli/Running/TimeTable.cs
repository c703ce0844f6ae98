using System.Globalization;
using Lathe.Runtime;

namespace Lathe.Cli.Running;

/// <summary>Times as TVM's command line prints them: columns of 12, centred, in milliseconds.</summary>
internal static class TimeTable
{
    private const int Width = 12;

    public static string Format(RunTimes times) => string.Join('\n',
        "Execution time summary:",
        Line("mean (ms)", "median (ms)", "max (ms)", "min (ms)", "std (ms)"),
        Line([.. new[] { times.Mean, times.Median, times.Max, times.Min, times.Std }.Select(t => t.ToString("F4", CultureInfo.InvariantCulture))]));

    private static string Line(params string[] cells) => string.Join(' ', cells.Select(Centre));

    /// <summary>An odd blank goes to the right.</summary>
    private static string Centre(string cell) => cell.PadLeft(cell.Length + (Math.Max(0, Width - cell.Length) / 2)).PadRight(Width);
}
