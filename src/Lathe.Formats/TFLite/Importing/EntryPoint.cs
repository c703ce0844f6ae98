using Lathe.Formats.TFLite.Reading;

namespace Lathe.Formats.TFLite.Importing;

/// <summary>
/// Where a run of the model starts: a graph of it, and the tensors that go in and come out, with their names. An input whose value the file holds is a constant.
/// </summary>
internal sealed record EntryPoint(Scope Scope, IReadOnlyList<(int Tensor, string Name)> Inputs, IReadOnlyList<(int Tensor, string Name)> Outputs)
{
    public IEnumerable<string> InputNames => Inputs.Select(i => i.Name);

    /// <summary>The first graph, under its tensors' own names.</summary>
    public static EntryPoint Main(LiteModel model)
    {
        var scope = new Scope(model.Graphs[0], 0);
        return Of(model, scope, [.. scope.Graph.Inputs.Select(i => (i, scope.Tensor(i).Name))], [.. scope.Graph.Outputs.Select(o => (o, scope.Tensor(o).Name))]);
    }

    /// <summary>A signature's graph, under the names that it gives.</summary>
    public static EntryPoint Of(LiteModel model, string key)
    {
        var signature = model.Signatures.FirstOrDefault(s => s.Key == key) ?? throw new ModelException(
            "LATHE3240", $"the model has no signature '{key}'", model.Signatures.Any() ? $"it has {string.Join(", ", model.Signatures.Select(s => $"'{s.Key}'"))}" : "it has none; leave the signature out");
        if (signature.Graph >= model.Graphs.Count)
            throw new ModelException("LATHE3241", $"the signature '{key}' is of graph {signature.Graph} and the model has {model.Graphs.Count}");
        var scope = new Scope(model.Graphs[(int)signature.Graph], 0);
        var (inputs, outputs) = (signature.Inputs.ToList(), signature.Outputs.ToList());
        var unknown = inputs.Where(i => !scope.Graph.Inputs.Contains((int)i.Tensor)).Concat(outputs.Where(o => !scope.Graph.Outputs.Contains((int)o.Tensor))).Select(p => p.Name);
        if (unknown.FirstOrDefault() is { } name)
            throw new ModelException("LATHE3242", $"the signature '{key}' names '{name}', which is no input or output of its graph");
        return Of(
            model, scope, [.. scope.Graph.Inputs.Select(i => (i, inputs.FirstOrDefault(s => s.Tensor == i).Name ?? scope.Tensor(i).Name))], [.. outputs.Select(o => ((int)o.Tensor, o.Name))]);
    }

    private static EntryPoint Of(LiteModel model, Scope scope, List<(int Tensor, string Name)> inputs, List<(int Tensor, string Name)> outputs)
    {
        inputs.RemoveAll(i => !model.BufferBytes(scope.Tensor(i.Tensor).Buffer).IsEmpty);
        return new(scope, Unique(inputs, "input"), Unique(outputs, "output"));
    }

    /// <summary>The same with a number where there is no name, or the same name twice.</summary>
    private static List<(int Tensor, string Name)> Unique(List<(int Tensor, string Name)> tensors, string kind)
    {
        var result = new List<(int Tensor, string Name)>();
        foreach (var (tensor, name) in tensors)
        {
            string candidate = name.Length > 0 ? name : $"{kind}{result.Count}";
            for (int i = 1; result.Any(r => r.Name == candidate); i++)
                candidate = $"{name}:{i}";
            result.Add((tensor, candidate));
        }
        return result;
    }
}
