using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>The names of a model's inputs, and those of its outputs: none is empty, and none stands for two.</summary>
internal static class PortNames
{
    public static Graph Checked(Graph graph)
    {
        Check(graph.Inputs.Select(i => ((Input)i.Op).InputName));
        Check(graph.Outputs.Select(o => o.Name));
        return graph;
    }

    public static void Check(IEnumerable<string> names)
    {
        if (names.GroupBy(n => n).FirstOrDefault(g => g.Key.Length == 0 || g.Count() > 1)?.Key is { } name)
            throw new ModelException("LATHE3566", $"the name '{name}' of an input or output is empty or stands for two");
    }
}
