using System.Globalization;
using Lathe.Cli.Printing;

namespace Lathe.Cli.Profiling;

/// <summary>The kernels of a run, the longest first, and all of them together.</summary>
internal static class ProfileTable
{
    /// <summary>A table longer than this shows the longest kernels and the others together.</summary>
    private const int MostRows = 100;

    /// <summary>Longer names of fused layers lose their end.</summary>
    private const int LongestName = 80;

    public static void Write(RunProfile profile, TextWriter output)
    {
        var table = new Table(">step", "computes", ">ms", ">%", ">GFLOP/s", ">moved", ">weights", "limit", ">% of roofline");
        int shown = profile.Kernels.Count <= MostRows ? profile.Kernels.Count : MostRows;
        bool marks = profile.Kernels.Any(k => k.DoesFewer);
        foreach (var kernel in profile.Kernels.Take(shown))
            table.Add(Cells(kernel.Step!.Value.ToString(CultureInfo.InvariantCulture), kernel.Computes, kernel, marks));
        if (shown < profile.Kernels.Count)
            table.Add(Cells("", $"{profile.Kernels.Count - shown} others", RunProfile.Sum("", profile.Kernels.Skip(shown)), marks));
        table.Add(Cells("", $"all {Quantity.Of(profile.Kernels.Count, "step")}", profile.Total, marks));
        table.Write(output);
        output.WriteLine();
        if (marks)
            output.WriteLine("* does fewer operations than its layer counts, as Winograd's method and products of four bytes at a time do; its % of roofline is of those that it does");
        output.WriteLine("limit: what a kernel's least time goes into: arithmetic, reading weights, or reading and storing values");
        output.WriteLine($"roofline: {Number(profile.Machine.Gflops, "F0")} GFLOP/s on {Quantity.Of(profile.Machine.Threads, "thread")}; {Weights(profile)}{Number(profile.Machine.BandwidthAt(64 << 10), "F0")} GB/s for values of 64 KB, {Number(profile.Machine.BandwidthAt(1 << 20), "F0")} of 1 MB");
        output.WriteLine($"a run in one go takes {Number(profile.RunMilliseconds, "F4")} ms");
    }

    public static string Shortened(string computes) => computes.Length <= LongestName ? computes : $"{computes.AsSpan(0, LongestName - 3)}...";

    private static string Weights(RunProfile profile) => profile.WeightBytes == 0 ? "" : $"{Number(profile.WeightGigabytesPerSecond, "F0")} GB/s for {Quantity.Bytes(profile.WeightBytes)} of weights; ";

    private static string[] Cells(string step, string computes, KernelProfile kernel, bool marks) =>
    [
        step, Shortened(computes),
        Number(kernel.Milliseconds, "F4"), Number(kernel.SharePercent, "F1"),
        kernel.Flops > 0 ? Number(kernel.Gflops, "F1") + (!marks ? "" : kernel.DoesFewer ? "*" : " ") : "",
        kernel.Bytes > 0 ? Quantity.Bytes(kernel.Bytes) : "",
        kernel.WeightBytes > 0 ? Quantity.Bytes(kernel.WeightBytes) : "",
        ProfilePage.NameOf(kernel.Limit),
        kernel.LeastMilliseconds > 0 ? Number(kernel.RooflinePercent, "F1") : "",
    ];

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
