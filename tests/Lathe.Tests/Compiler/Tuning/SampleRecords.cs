using Lathe.Compilation.Tuning;

namespace Lathe.Tests.Compilation.Tuning;

/// <summary>Records of a made-up machine and workload.</summary>
internal static class SampleRecords
{
    public const string Machine = "x86_64 test 00000000, 1 thread";

    private const string Text = "Conv(f32[1,8,8,16], const f32[1,1,16,32]) -> f32[1,8,8,32]: ...";

    public static string Hash { get; } = Workload.TryParse(Text)!.Hash;

    public static TuningRecord Of(string schedule, double ratio, string standard = "direct rows=4") =>
        new(Hash, Machine, schedule, 1, standard, 1, RecordStatus.Ok, Text)
        {
            Milliseconds = 2 * ratio,
            DefaultMilliseconds = 2,
            Ratio = ratio,
            RatioUpper = ratio * 1.01,
            Rounds = 5,
        };
}
