using Lathe.Formats.TensorFlow.Protobuf;

namespace Lathe.Formats.TensorFlow.Importing;

/// <summary>
/// Dropout that a graph was exported with: data over the share that is kept, times a mask of random numbers that are below it. What a model computes is the data itself, so that the mask
/// is left out.
/// </summary>
internal static class Dropout
{
    private const int MaxDepth = 8;

    /// <summary>Puts the data in the place of each dropout.</summary>
    public static void Remove(Dictionary<string, GraphNode> nodes)
    {
        foreach (var product in nodes.Values.Where(n => n.Op == "Mul" && n.Inputs.Length == 2).ToList())
        {
            for (int mask = 0; mask < 2; mask++)
            {
                if (!IsMask(nodes, product.Inputs[mask]) || Scaled(nodes, product.Inputs[1 - mask]) is not { } data)
                    continue;
                // The definition keeps its inputs, so that what led to the mask counts as read.
                var definition = new NodeDef { Name = product.Name, Op = "Identity" };
                definition.Input.AddRange(product.Definition.Input);
                nodes[product.Name] = new(definition, [data], product.Controls);
                break;
            }
        }
    }

    /// <summary>floor(share + random), or the comparison of random numbers with a share as numbers.</summary>
    private static bool IsMask(Dictionary<string, GraphNode> nodes, Endpoint at) => Node(nodes, at) switch
    {
        { Op: "Floor" } floor => Node(nodes, floor, 0) is { Op: "Add" or "AddV2" } sum && sum.Inputs.Any(i => IsRandom(nodes, i, 0)),
        { Op: "Cast" } cast => Node(nodes, cast, 0) is { Op: "GreaterEqual" } comparison && comparison.Inputs.Length > 0 && IsRandom(nodes, comparison.Inputs[0], 0),
        _ => false,
    };

    /// <summary>Uniform random numbers, maybe scaled and moved.</summary>
    private static bool IsRandom(Dictionary<string, GraphNode> nodes, Endpoint at, int depth) => depth < MaxDepth && Node(nodes, at) switch
    {
        { Op: "RandomUniform" or "StatelessRandomUniform" or "StatelessRandomUniformV2" } => true,
        { Op: "Add" or "AddV2" or "Mul", Inputs.Length: 2 } node => IsRandom(nodes, node.Inputs[0], depth + 1),
        { Op: "Identity", Inputs.Length: 1 } node => IsRandom(nodes, node.Inputs[0], depth + 1),
        _ => false,
    };

    /// <summary>The data of data / share, or data * 1 / share.</summary>
    private static Endpoint? Scaled(Dictionary<string, GraphNode> nodes, Endpoint at) => Node(nodes, at) is { Op: "RealDiv" or "Div" or "Mul", Inputs.Length: 2 } scaled ? scaled.Inputs[0] : null;

    private static GraphNode? Node(Dictionary<string, GraphNode> nodes, Endpoint at) => nodes.GetValueOrDefault(at.Node);

    private static GraphNode? Node(Dictionary<string, GraphNode> nodes, GraphNode reader, int input) => input < reader.Inputs.Length ? Node(nodes, reader.Inputs[input]) : null;
}
