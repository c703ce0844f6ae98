using System.Globalization;
using System.Text.RegularExpressions;
using Lathe.Cli.Printing;
using Lathe.Compilation.Tuning;

namespace Lathe.Cli.Tuning;

/// <summary>Writes how tuning goes on, and what it gave.</summary>
internal static partial class TuneTable
{
    /// <summary>A line as tvmc writes it. <c>-</c> stands for trials without a limit.</summary>
    public static string Line(TuneProgress p) => string.Create(
        CultureInfo.InvariantCulture,
        $"[Task {p.Task,2}/{p.Tasks,2}]  Current/Best: {p.CurrentGflops,7:F2}/{p.BestGflops,7:F2} GFLOPS | Progress: ({p.Trials}/{(p.AllTrials > 0 ? p.AllTrials : "-")}) | {p.Seconds:F2} s{(p.IsDone ? " Done." : "")}");

    public static void Write(string model, string records, TuneReport report, TextWriter output)
    {
        var table = new Table(">task", ">count", ">trials", ">GFLOP/s", ">tuned", ">gain", ">time", ">peak", "computes");
        var changes = new Table(">task", "schedule");
        foreach (var task in report.Tasks)
        {
            string number = task.Task.ToString(CultureInfo.InvariantCulture);
            table.Add(
                number, task.Count.ToString(CultureInfo.InvariantCulture), Quantity.Count(task.Trials), Number(task.GflopsBefore, "F1"), Number(task.GflopsAfter, "F1"),
                $"{Number(task.Milliseconds / task.TunedMilliseconds, "F2")}x", $"{Number(task.SharePercent, "F1")}%", $"{Number(task.PeakPercent, "F0")}%", Brief(task.Workload));
            if (task.IsTuned)
                changes.Add(number, ScheduleChange.Describe(task.Default, task.Schedule));
        }
        foreach (var part in new[] { table, changes }.Where(t => t.Count > 0))
        {
            part.Write(output);
            output.WriteLine();
        }
        output.WriteLine(
            $"{model}: {Quantity.Of(report.Trials, "trial")} of {Quantity.Of(report.Tasks.Count, "task")} in {Number(report.Seconds, "F0")} s, ranked by {report.CostModel}; peak {Number(report.PeakGflops, "F0")} GFLOP/s");
        output.WriteLine(Result(report));
        if (report.Tasks.Any(t => t.IsTuned))
            output.WriteLine($"to use it: lathe compile {model} -o OUT.tar --tuning-records {records}");
    }

    private static string Result(TuneReport report)
    {
        var (was, @is) = report.Rejected == 1 ? ("was", "is") : ("were", "are");
        string kept = report.Rejected > 0 ? $"; {Quantity.Of(report.Rejected, "schedule")} {was} faster alone and not within the model, and {@is} rejected" : "";
        if (report is { DefaultMilliseconds: { } before, TunedMilliseconds: { } after, Ratio: { } ratio })
        {
            string speed = $"a run has {Number(1 / ratio, "F3")}x the speed when tuned, in the median of the turns ({Number(before, "F3")} ms by default, {Number(after, "F3")} ms tuned)";
            return ratio < 1 ? $"{speed}{kept}" : $"{speed}, which is not faster: compilations keep the defaults{kept}";
        }
        return report.Interrupted
            ? report.Trials == 0
                ? "stopped before anything was measured"
                : "stopped before the model was measured as a whole; the records are kept, and the same command goes on from them"
            : report is { Trials: 0, Tasks.Count: > 0 }
            ? "no time was left to measure another schedule: compiling and comparing the model takes the budget; give more, or --trials"
            : $"nothing was clearly faster than the default, which compilations keep{kept}";
    }

    /// <summary>Shapes as <c>1x56x56x64</c>; float32 is not told.</summary>
    private static string Brief(string workload) => OperandPattern().Replace(workload, m =>
        $"{(m.Groups[1].Value == "f32" ? "" : m.Groups[1].Value + " ")}{m.Groups[2].Value.Replace(',', 'x')}");

    private static string Number(double value, string format) => double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "";

    [GeneratedRegex(@"(?:const )?(\w+)\[([\d,]*)\]")]
    private static partial Regex OperandPattern();
}
