namespace Lathe.Cli.Conversion;

/// <summary>What a conversion read and wrote.</summary>
/// <param name="Differences">One for each output; empty where the models were not compared.</param>
internal sealed record ConversionReport(string Source, ModelFacts Before, string File, ModelFacts After, IReadOnlyList<OutputDifference> Differences);
