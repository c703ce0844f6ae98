using System.Globalization;
using Lathe.Cli.Printing;

namespace Lathe.Cli.Profiling;

/// <summary>The kernels of a run, the longest first, and all of them together.</summary>
internal static class ProfileTable
{
    public static void Write(RunProfile profile, TextWriter output)
    {
        var table = new Table(">step", "computes", ">ms", ">%", ">GFLOP/s", ">moved", ">FLOP/byte", ">% of roofline");
        foreach (var kernel in profile.Kernels)
            Add(table, kernel.Step!.Value.ToString(CultureInfo.InvariantCulture), kernel.Computes, kernel);
        Add(table, "", $"all {Quantity.Of(profile.Kernels.Count, "step")}", profile.Total);
        table.Write(output);
        output.WriteLine();
        output.WriteLine(
            $"roofline: {Number(profile.Machine.Gflops, "F0")} GFLOP/s and {Number(profile.GigabytesPerSecond, "F0")} GB/s, measured on {Quantity.Of(profile.Machine.Threads, "thread")}; a run goes through {Quantity.Bytes(profile.FootprintBytes)}");
    }

    private static void Add(Table table, string step, string computes, KernelProfile kernel) => table.Add(
        step, computes,
        Number(kernel.Milliseconds, "F4"), Number(kernel.SharePercent, "F1"),
        kernel.Flops > 0 ? Number(kernel.Gflops, "F1") : "",
        kernel.Bytes > 0 ? Quantity.Bytes(kernel.Bytes) : "",
        kernel.Flops > 0 && kernel.Bytes > 0 ? Number(kernel.Intensity, "F2") : "",
        kernel.LeastMilliseconds > 0 ? Number(kernel.RooflinePercent, "F1") : "");

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
