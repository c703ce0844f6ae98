using Lathe.Graphs;
using Lathe.Graphs.Cost;
using Lathe.Graphs.Ops;

namespace Lathe.Cli.Conversion;

/// <summary>What a conversion compares before and after.</summary>
/// <param name="FileBytes">The file, or all files of a model that is a folder.</param>
/// <param name="Nodes">Nodes of the graph, those of loops once, without inputs and constants.</param>
/// <param name="Flops">Operations of a run as each dialect counts them.</param>
/// <param name="Transposes">Nodes that only reorder axes of data; those of constants are done once.</param>
internal sealed record ModelFacts(
    long FileBytes, int Nodes, long Parameters, long WeightBytes, long Macs, IReadOnlyDictionary<string, long> Flops, int Transposes)
{
    public static ModelFacts Of(string path, Graph graph)
    {
        var cost = ModelCost.Of(graph);
        long bytes = Directory.Exists(path)
            ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length)
            : new FileInfo(path).Length;
        return new(
            bytes, graph.AllNodes.Count(n => n.Op is not (Input or Constant or QuantizedOperator)), cost.Parameters, cost.WeightBytes, cost.Macs,
            FlopDialects.All.ToDictionary(d => d.Name, d => d.Total(graph)), ModelCost.RunNodes(graph).Count(n => n.Op is Transpose));
    }
}
