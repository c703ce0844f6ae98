using Google.Protobuf;
using Lathe.Formats.TensorFlow.Protobuf;

namespace Lathe.Tests.Formats.TensorFlow;

/// <summary>Ways to damage a TensorFlow graph where it hurts: edges, operators, attributes, stored numbers and shapes.</summary>
internal static class GraphMutations
{
    private static readonly long[] Extremes = [0, -1, 1, 2, 3, 7, 255, 65536, int.MaxValue, int.MinValue, 1L << 31, 1L << 40, long.MaxValue, long.MinValue];

    public static void Edit(GraphDef graph, Random random)
    {
        var nodes = graph.Node.Concat(graph.Library?.Function.SelectMany(f => f.NodeDef) ?? []).ToList();
        for (int edits = 1 + random.Next(3); edits > 0 && nodes.Count > 0; edits--)
            Edit(nodes, nodes[random.Next(nodes.Count)], random);
    }

    private static void Edit(List<NodeDef> nodes, NodeDef node, Random random)
    {
        var other = nodes[random.Next(nodes.Count)];
        switch (random.Next(8))
        {
            case 0 when node.Input.Count > 0:
                node.Input[random.Next(node.Input.Count)] = random.Next(4) switch { 0 => $"{other.Name}:{random.Next(-1, 4)}", 1 => $"^{other.Name}", _ => other.Name };
                break;
            case 1 when node.Input.Count > 0:
                node.Input.RemoveAt(random.Next(node.Input.Count));
                break;
            case 2:
                node.Input.Add(other.Name);
                break;
            case 3:
                node.Op = other.Op;
                break;
            case 4 when random.Next(4) == 0:
                node.Name = other.Name;
                break;
            case 5 when node.Attr.Count > 0 && other.Attr.Count > 0:
                node.Attr[node.Attr.Keys.ElementAt(random.Next(node.Attr.Count))] = other.Attr.Values.ElementAt(random.Next(other.Attr.Count)).Clone();
                break;
            case 6 when node.Attr.Count > 0 && random.Next(3) == 0:
                node.Attr.Remove(node.Attr.Keys.ElementAt(random.Next(node.Attr.Count)));
                break;
            default:
                if (node.Attr.Count > 0)
                    Edit(node.Attr.Values.ElementAt(random.Next(node.Attr.Count)), random);
                break;
        }
    }

    private static void Edit(AttrValue value, Random random)
    {
        switch (value.ValueCase)
        {
            case AttrValue.ValueOneofCase.Tensor:
                Edit(value.Tensor, random);
                break;
            case AttrValue.ValueOneofCase.Shape:
                Edit(value.Shape, random);
                break;
            case AttrValue.ValueOneofCase.Type:
                value.Type = random.Next(30);
                break;
            case AttrValue.ValueOneofCase.List when value.List.I.Count > 0:
                value.List.I[random.Next(value.List.I.Count)] = Extreme(random);
                break;
            case AttrValue.ValueOneofCase.F:
                value.F = random.Next(3) switch { 0 => float.NaN, 1 => float.PositiveInfinity, _ => -1e30f };
                break;
            case AttrValue.ValueOneofCase.B:
                value.B = !value.B;
                break;
            default:
                value.I = Extreme(random);
                break;
        }
    }

    private static void Edit(TensorProto tensor, Random random)
    {
        if (random.Next(3) == 0 && tensor.TensorShape is { } shape)
        {
            Edit(shape, random);
            return;
        }
        if (tensor.TensorContent.Length >= 4 && random.Next(4) > 0)
        {
            byte[] content = tensor.TensorContent.ToByteArray();
            BitConverter.GetBytes((int)Extreme(random)).CopyTo(content, random.Next(content.Length / 4) * 4);
            tensor.TensorContent = ByteString.CopyFrom(content);
            return;
        }
        tensor.TensorContent = ByteString.Empty;
        tensor.IntVal.Add((int)Extreme(random));
        tensor.FloatVal.Add(Extreme(random));
    }

    private static void Edit(TensorShapeProto shape, Random random)
    {
        if (shape.Dim.Count > 0 && random.Next(3) > 0)
            shape.Dim[random.Next(shape.Dim.Count)].Size = Extreme(random);
        else if (random.Next(2) == 0)
            shape.Dim.Add(new TensorDim { Size = Extreme(random) });
        else
            shape.UnknownRank = !shape.UnknownRank;
    }

    private static long Extreme(Random random) => Extremes[random.Next(Extremes.Length)];
}
