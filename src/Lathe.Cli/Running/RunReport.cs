using Lathe.Cli.Profiling;
using Lathe.Runtime;
using Lathe.Tensors;

namespace Lathe.Cli.Running;

/// <summary>An output in a line; the statistics are over its finite elements and null where it has none.</summary>
internal sealed record OutputSummary(string Name, string Type, double? Min, double? Max, double? Mean)
{
    public static OutputSummary Of(string name, Tensor tensor)
    {
        double min = double.PositiveInfinity, max = double.NegativeInfinity, sum = 0;
        long count = 0;
        for (long i = 0; i < tensor.Count; i++)
        {
            double value = tensor.GetDouble(i);
            if (!double.IsFinite(value))
                continue;
            (min, max, sum, count) = (Math.Min(min, value), Math.Max(max, value), sum + value, count + 1);
        }
        return count == 0 ? new(name, tensor.ToString(), null, null, null) : new(name, tensor.ToString(), min, max, sum / count);
    }
}

/// <summary>What a run gave. What was not asked for is null.</summary>
internal sealed record RunReport(
    string Model,
    string Target,
    int Threads,
    IReadOnlyList<OutputSummary> Outputs,
    IReadOnlyList<RankedClass>? Classes,
    IReadOnlyList<RankedClass>? Top,
    string? TopOutput,
    RunTimes? Times,
    RunProfile? Profile,
    string? SavedTo,
    string? ProfileSavedTo);
