using System.Collections.Immutable;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Cli.Conversion;

/// <summary>
/// Makes the named inputs and outputs, which are images with channels last, [N, spatial..., C], take and give channels first, [N, C, spatial...], with a transpose behind or
/// before each. Throws a <see cref="ModelException"/> for a name that the model does not have, or that is no image.
/// </summary>
internal static class ChannelsFirstPorts
{
    public static Graph Turn(Graph graph, IReadOnlyCollection<string> inputs, IReadOnlyCollection<string> outputs)
    {
        Check("input", inputs, graph.Inputs.ToDictionary(v => ((Input)v.Op).InputName));
        Check("output", outputs, graph.Outputs.ToDictionary(o => o.Name, o => o.Value));
        var builder = new GraphBuilder();
        var map = new Dictionary<Value, Value>();
        var ports = ImmutableArray.CreateBuilder<Value>();
        foreach (var input in graph.Inputs)
        {
            builder.Origin = input.Node.Name;
            string name = ((Input)input.Op).InputName;
            bool turned = inputs.Contains(name);
            ports.Add(builder.Input(name, turned ? input.Type with { Shape = ChannelsFirst(input.Shape) } : input.Type));
            map.Add(input, turned ? builder.Add(new Transpose([0, .. Enumerable.Range(2, input.Type.Rank - 2), 1]), ports[^1]) : ports[^1]);
        }
        foreach (var node in graph.Nodes.Where(n => n.Op is not Input))
        {
            builder.Origin = node.Name;
            var copy = builder.AddNode(node.Op, [.. node.Inputs.Select(v => map[v])]);
            foreach (var (old, made) in node.Outputs.Zip(copy.Outputs))
                map[old] = made;
        }
        return new(graph.Name, ports, graph.Outputs.Select(output =>
        {
            builder.Origin = output.Value.Node.Name;
            var value = map[output.Value];
            return outputs.Contains(output.Name) ? output with { Value = builder.Add(new Transpose([0, value.Type.Rank - 1, .. Enumerable.Range(1, value.Type.Rank - 2)]), value) } : output with { Value = value };
        }));
    }

    private static Shape ChannelsFirst(Shape shape) => [shape[0], shape[^1], .. shape.Skip(1).Take(shape.Rank - 2)];

    private static void Check(string kind, IEnumerable<string> names, Dictionary<string, Value> known)
    {
        foreach (string name in names)
        {
            if (!known.TryGetValue(name, out var value))
                throw new ModelException("LATHE7051", $"the model has no {kind} '{name}' to turn", $"its {kind}s are: {string.Join(", ", known.Keys)}");
            if (value.Type.Rank < 3)
                throw new ModelException("LATHE7052", $"the {kind} '{name}' {value.Type} is no image with channels last", "only values of three axes or more can be turned");
        }
    }
}
