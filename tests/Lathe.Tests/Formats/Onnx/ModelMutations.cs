using Google.Protobuf;
using Lathe.Formats.Onnx.Protobuf;

namespace Lathe.Tests.Formats.Onnx;

/// <summary>Ways to damage a model: its bytes blindly, or its messages where it hurts.</summary>
internal static class ModelMutations
{
    private static readonly long[] Extremes = [0, -1, 1, 2, 7, 65536, int.MaxValue, 1L << 31, 1L << 40, long.MaxValue, long.MinValue, -2147483649];
    private static readonly string[] Locations = ["/etc/passwd", "../../../etc/passwd", "a/../../b", "", "missing.bin", "C:\\windows\\win.ini", "\0"];

    public static byte[] Bytes(byte[] model, Random random)
    {
        var bytes = model.ToList();
        int edits = 1 + random.Next(4);
        for (int i = 0; i < edits && bytes.Count > 0; i++)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(7))
            {
                case 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 1 or 2:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 3:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
                case 4:
                    // A varint of ten bytes: lengths and numbers at the end of their range.
                    bytes.InsertRange(at, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, (byte)(0xFF - random.Next(2)), 0x01]);
                    break;
                case 5:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, 1 + random.Next(16)));
                    break;
                default:
                    int length = Math.Min(bytes.Count - at, 1 + random.Next(64));
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length));
                    break;
            }
        }
        return [.. bytes];
    }

    public static byte[] Message(byte[] bytes, Random random)
    {
        var model = ModelProto.Parser.ParseFrom(bytes);
        int edits = 1 + random.Next(3);
        for (int i = 0; i < edits; i++)
            Edit(model, random);
        return model.ToByteArray();
    }

    private static void Edit(ModelProto model, Random random)
    {
        var graph = model.Graph;
        var node = graph.Node.Count > 0 ? graph.Node[random.Next(graph.Node.Count)] : new NodeProto();
        var tensor = graph.Initializer.Count > 0 ? graph.Initializer[random.Next(graph.Initializer.Count)] : new TensorProto();
        switch (random.Next(15))
        {
            case 0 when tensor.Dims.Count > 0:
                tensor.Dims[random.Next(tensor.Dims.Count)] = Extreme(random);
                break;
            case 1:
                tensor.Dims.Add(Extreme(random));
                break;
            case 2:
                tensor.DataType = random.Next(30);
                break;
            case 3 when tensor.Int64Data.Count > 0:
                tensor.Int64Data[random.Next(tensor.Int64Data.Count)] = Extreme(random);
                break;
            case 4:
                tensor.DataLocation = TensorProto.Types.DataLocation.External;
                tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = Locations[random.Next(Locations.Length)] });
                tensor.ExternalData.Add(new StringStringEntryProto { Key = random.Next(2) == 0 ? "offset" : "length", Value = $"{Extreme(random)}" });
                break;
            case 5 when node.Input.Count > 0 && node.Output.Count > 0:
                node.Input[random.Next(node.Input.Count)] = graph.Node[random.Next(graph.Node.Count)].Output.FirstOrDefault("");
                break;
            case 6 when node.Input.Count > 0:
                node.Input.RemoveAt(random.Next(node.Input.Count));
                break;
            case 7:
                node.OpType = graph.Node.Count > 0 ? graph.Node[random.Next(graph.Node.Count)].OpType : "";
                break;
            case 8 when node.Output.Count > 0 && random.Next(4) == 0:
                node.Output.Add(node.Output[0]);
                break;
            case 9 when node.Attribute.Count > 0:
                Attribute(node.Attribute[random.Next(node.Attribute.Count)], random);
                break;
            case 10 when graph.Input.Count > 0:
                var type = graph.Input[random.Next(graph.Input.Count)].Type?.TensorType;
                if (type?.Shape is { Dim.Count: > 0 } shape)
                    shape.Dim[random.Next(shape.Dim.Count)].DimValue = Extreme(random);
                else if (type is not null)
                    type.ElemType = random.Next(30);
                break;
            case 11 when model.OpsetImport.Count > 0:
                model.OpsetImport[0].Version = random.Next(3) == 0 ? Extreme(random) : random.Next(1, 24);
                break;
            case 12 when graph.Output.Count > 0 && random.Next(4) == 0:
                graph.Output.Add(graph.Output[0].Clone());
                break;
            case 13:
                node.Input.Add(node.Input.LastOrDefault(""));
                break;
            case 14 when random.Next(4) == 0:
                graph.Node.Insert(random.Next(graph.Node.Count + 1), node.Clone());
                break;
            default:
                var attributes = graph.Node.SelectMany(n => n.Attribute).ToList();
                if (attributes.Count > 0)
                    Attribute(attributes[random.Next(attributes.Count)], random);
                break;
        }
    }

    private static void Attribute(AttributeProto attribute, Random random)
    {
        switch (random.Next(4))
        {
            case 0 when attribute.Ints.Count > 0:
                attribute.Ints[random.Next(attribute.Ints.Count)] = Extreme(random);
                break;
            case 1:
                attribute.Type = (AttributeProto.Types.AttributeType)random.Next(15);
                break;
            case 2:
                attribute.Ints.Add(Extreme(random));
                break;
            default:
                attribute.I = Extreme(random);
                attribute.F = random.Next(3) switch { 0 => float.NaN, 1 => float.PositiveInfinity, _ => -1e30f };
                break;
        }
    }

    private static long Extreme(Random random) => Extremes[random.Next(Extremes.Length)];
}
