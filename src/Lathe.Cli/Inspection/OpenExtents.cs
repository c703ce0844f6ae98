using Lathe.Formats;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Cli.Inspection;

/// <summary>Extents that neither the model nor the user gives and that were taken as 1.</summary>
internal static class OpenExtents
{
    /// <summary>Reads a model; an error that may come of extents taken as 1 says so.</summary>
    public static T Explain<T>(ModelFileInfo info, InputShapes given, Func<T> import)
    {
        try
        {
            return import();
        }
        catch (ModelException e) when (e.Next is null && info.Inputs.FirstOrDefault(i => i.Shape is { IsKnown: false } && !given.TryGet(i.Name, out _)) is { Shape: { } shape } open)
        {
            throw new ModelException(e.Code, e.Message, $"the model leaves the shape of '{open.Name}' open, {shape}, and what is open is taken as 1: give it (--input-shapes \"{open.Name}:[...]\")", e);
        }
    }

    /// <summary>A note for each input that has some.</summary>
    public static IEnumerable<string> Notes(ModelFileInfo info, Graph graph, InputShapes given)
    {
        foreach (var value in graph.Inputs)
        {
            string name = ((Input)value.Op).InputName;
            if (info.Inputs.FirstOrDefault(i => i.Name == name).Shape is not { IsKnown: false } declared)
                continue;
            string[] open = [.. declared.Where((dim, axis) => !dim.IsKnown && !IsGiven(name, axis, dim.Symbol)).Select(d => d.ToString())];
            if (open.Length > 0)
                yield return $"input '{name}' is {value.Type}: the model leaves {declared} open, and {string.Join(", ", open)} is taken as 1 (--input-shapes)";
        }

        // The same name is the same extent in every input.
        bool IsGiven(string name, int axis, string symbol) => given.Any(g => info.Inputs.FirstOrDefault(i => i.Name == g.Key).Shape is { } shape
            && g.Value.Select((dim, i) => dim.IsKnown && i < shape.Rank && (g.Key == name ? i == axis : symbol != "?" && shape[i].Symbol == symbol)).Any(m => m));
    }
}
