using System.Text.Json.Serialization;

namespace Lathe.Compilation.Verification;

/// <summary>How a case ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CaseOutcome>))]
public enum CaseOutcome
{
    /// <summary>All outputs of all data sets are within the tolerances.</summary>
    Passed,

    /// <summary>An output differs, or the model was refused or could not be run.</summary>
    Failed,

    /// <summary>The model or its values need something that Lathe does not support; the reason names it.</summary>
    Skipped,
}

/// <summary>What became of one case. The reason is empty where it passed.</summary>
public sealed record CaseResult(string Name, CaseOutcome Outcome, string Reason, double Milliseconds);
