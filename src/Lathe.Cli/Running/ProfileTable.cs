using System.Globalization;
using Lathe.Cli.Printing;
using Lathe.Runtime;

namespace Lathe.Cli.Running;

/// <summary>The steps of a run, the longest first.</summary>
internal static class ProfileTable
{
    public static void Write(IReadOnlyList<StepTime> steps, TextWriter output)
    {
        double total = steps.Sum(s => s.Milliseconds);
        var table = new Table(">step", "computes", ">ms", ">%");
        foreach (var (step, i) in steps.Select((s, i) => (s, i)).OrderByDescending(s => s.s.Milliseconds))
            table.Add(i.ToString(CultureInfo.InvariantCulture), step.Label, Number(step.Milliseconds, "F4"), Number(total > 0 ? 100 * step.Milliseconds / total : 0, "F1"));
        table.Add("", $"all {Quantity.Of(steps.Count, "step")}", Number(total, "F4"), "100.0");
        table.Write(output);
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
