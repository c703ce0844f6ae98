using Lathe.Formats.Onnx.Protobuf;

namespace Lathe.Formats.Onnx.Importing;

/// <summary>What holds for all nodes of the main graph, or of one call of a function, with their subgraphs.</summary>
/// <param name="Opsets">Version by domain; the standard domain is "".</param>
/// <param name="Parameters">The attributes of the call; none for the main graph.</param>
/// <param name="Depth">How many calls and subgraphs are around.</param>
internal sealed record Frame(IReadOnlyDictionary<string, int> Opsets, Attributes? Parameters, int Depth)
{
    private const int MaxDepth = 32;

    public Frame Inner() => Depth < MaxDepth
        ? this with { Depth = Depth + 1 }
        : throw new ModelException("LATHE3044", $"functions and subgraphs are nested deeper than {MaxDepth}", "a function must not call itself");

    /// <summary>The standard domain is written "" or "ai.onnx".</summary>
    public static string Domain(string domain) => domain == "ai.onnx" ? "" : domain;

    public static IReadOnlyDictionary<string, int> OpsetsOf(IEnumerable<OperatorSetIdProto> imports)
    {
        var opsets = new Dictionary<string, int>();
        foreach (var import in imports)
            opsets[Domain(import.Domain)] = (int)Math.Clamp(import.Version, 0, int.MaxValue);
        return opsets;
    }
}
