using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lathe.Compilation.Tuning;

/// <summary>A schedule of a workload as it was measured on a machine, in turns with the default. A line of a records file.</summary>
/// <param name="Hash">The workload's.</param>
/// <param name="Machine">See <see cref="TuningMachine"/>.</param>
/// <param name="Schedule">The text of the schedule.</param>
/// <param name="Version">Of the schedule's generator.</param>
/// <param name="Default">The text of the default schedule that took turns with it.</param>
/// <param name="DefaultVersion">Of the default's generator.</param>
/// <param name="Workload">The workload's text.</param>
public sealed record TuningRecord(
    string Hash, string Machine, string Schedule, int Version, string Default, int DefaultVersion, RecordStatus Status, string Workload)
{
    // The text is for files, where arrows and quotes need no escapes.
    private static readonly RecordJson Json = new(new JsonSerializerOptions(RecordJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>The median of the rounds; 0 where nothing was measured.</summary>
    public double Milliseconds { get; init; }

    public double DefaultMilliseconds { get; init; }

    /// <summary>The median over the rounds of the schedule's time over the default's; under 1 is faster.</summary>
    public double Ratio { get; init; }

    /// <summary>The upper quartile of the same.</summary>
    public double RatioUpper { get; init; }

    /// <summary>How often the two took turns.</summary>
    public int Rounds { get; init; }

    /// <summary>Whether this is the long measurement that the best of a search get in the end.</summary>
    public bool Confirmed { get; init; }

    /// <summary>Why the status is not ok.</summary>
    public string? Reason { get; init; }

    /// <summary>One line of JSON, without its end.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json.TuningRecord);

    /// <summary>Reads a line; null where it is no record, or one that cannot be.</summary>
    public static TuningRecord? TryParse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, Json.TuningRecord) is { } record && record.IsSound ? record : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private bool IsSound =>
        (Hash, Machine, Schedule, Default, Workload) is (not null, not null, not null, not null, not null)
        && Enum.IsDefined(Status) && Tuning.Workload.TryParse(Workload)?.Hash == Hash
        && Scheduling.Schedule.TryParse(Schedule) is not null && Scheduling.Schedule.TryParse(Default) is not null
        && IsTime(Milliseconds) && IsTime(DefaultMilliseconds) && IsTime(Ratio) && IsTime(RatioUpper)
        && (Status != RecordStatus.Ok || (Milliseconds > 0 && Ratio > 0 && RatioUpper > 0));

    private static bool IsTime(double value) => double.IsFinite(value) && value >= 0;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TuningRecord))]
internal sealed partial class RecordJson : JsonSerializerContext;
