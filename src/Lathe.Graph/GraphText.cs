namespace Lathe.Graphs;

/// <summary>The text form of the graph language.</summary>
public static class GraphText
{
    public static string Print(Graph graph) => throw new NotImplementedException();
}
