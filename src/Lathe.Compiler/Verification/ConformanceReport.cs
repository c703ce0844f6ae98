using System.Text;
using System.Text.Json;

namespace Lathe.Compilation.Verification;

/// <summary>The results of a conformance run.</summary>
public sealed class ConformanceReport(IReadOnlyList<CaseResult> results)
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public IReadOnlyList<CaseResult> Results => results;

    public int Passed => Count(CaseOutcome.Passed);

    public int Failed => Count(CaseOutcome.Failed);

    public int Skipped => Count(CaseOutcome.Skipped);

    /// <summary>The closing line: <c>N passed, N failed, N skipped</c>.</summary>
    public string Summary => $"{Passed} passed, {Failed} failed, {Skipped} skipped";

    /// <summary>A line for each case that did not pass, the failed ones first, and the summary.</summary>
    public string ToTable()
    {
        var text = new StringBuilder();
        int width = results.Where(r => r.Outcome != CaseOutcome.Passed).Select(r => r.Name.Length).DefaultIfEmpty(0).Max();
        foreach (var outcome in new[] { CaseOutcome.Failed, CaseOutcome.Skipped })
            foreach (var result in results.Where(r => r.Outcome == outcome))
                text.Append($"{(outcome == CaseOutcome.Failed ? "FAIL" : "skip")}  {result.Name.PadRight(width)}  {OneLine(result.Reason)}\n");
        return text.Append(Summary).Append('\n').ToString();
    }

    public string ToJson() => JsonSerializer.Serialize(new { Passed, Failed, Skipped, Results = results }, Options);

    private int Count(CaseOutcome outcome) => results.Count(r => r.Outcome == outcome);

    private static string OneLine(string text) => string.Join("; ", text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}
