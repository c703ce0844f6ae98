using System.Text.Json.Serialization;

namespace Lathe.Cli.Profiling;

/// <summary>What the least time of a kernel goes into: arithmetic, reading weights, or reading and storing values.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Limit>))]
internal enum Limit
{
    [JsonStringEnumMemberName("arithmetic")]
    Arithmetic,

    [JsonStringEnumMemberName("weights")]
    Weights,

    [JsonStringEnumMemberName("values")]
    Values,
}
