using System.Text.Json.Serialization;

namespace Lathe.Compilation.Tuning;

/// <summary>What became of a measurement.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RecordStatus>))]
public enum RecordStatus
{
    /// <summary>It was measured, and its results are right.</summary>
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>It took longer than it was given.</summary>
    [JsonStringEnumMemberName("timeout")]
    Timeout,

    /// <summary>It could not be made, or its results are wrong.</summary>
    [JsonStringEnumMemberName("error")]
    Error,

    /// <summary>It measured faster alone, but not within a model.</summary>
    [JsonStringEnumMemberName("rejected")]
    Rejected,
}
