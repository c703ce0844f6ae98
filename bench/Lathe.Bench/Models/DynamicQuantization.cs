using System.Runtime.InteropServices;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Lathe.Formats.Onnx.Protobuf;
using static Lathe.Formats.Onnx.Protobuf.TensorProto.Types;

namespace Lathe.Bench.Models;

/// <summary>
/// Makes of a float model what ONNX Runtime's quantize_dynamic writes: products with constant matrices and convolutions become products of bytes, with data
/// quantized in each run by their own range, and weights by one scale: symmetric signed bytes, or unsigned ones with a zero point.
/// </summary>
internal sealed class DynamicQuantization
{
    private readonly bool _signed;
    private readonly Dictionary<string, TensorProto> _floats;
    private readonly HashSet<string> _quantized = [];
    private readonly RepeatedField<NodeProto> _nodes = [];
    private readonly GraphProto _graph;

    private DynamicQuantization(GraphProto graph, bool signed)
    {
        (_graph, _signed) = (graph, signed);
        _floats = graph.Initializer.Where(t => t.DataType == (int)DataType.Float).ToDictionary(t => t.Name);
    }

    /// <summary>The model under another name, on the same inputs.</summary>
    public static BenchModel Of(BenchModel model, string name, bool signed)
    {
        var proto = ModelProto.Parser.ParseFrom(model.Onnx);
        new DynamicQuantization(proto.Graph, signed).Run();
        return model with { Name = name, Onnx = proto.ToByteArray() };
    }

    private void Run()
    {
        foreach (var node in _graph.Node)
        {
            if (node.OpType is "MatMul" or "Conv" && _floats.TryGetValue(node.Input[1], out var weights))
                Quantize(node, weights);
            else
                _nodes.Add(node);
        }
        _graph.Node.Clear();
        _graph.Node.Add(_nodes);
    }

    private void Quantize(NodeProto node, TensorProto weights)
    {
        string data = node.Input[0], result = node.Output[0], weight = weights.Name;
        if (_quantized.Add(data))
            Add("DynamicQuantizeLinear", [data], [$"{data}_quantized", $"{data}_scale", $"{data}_zero_point"]);
        if (_quantized.Add(weight))
            Store(weights);
        var product = Add(node.OpType + "Integer", [$"{data}_quantized", $"{weight}_quantized", $"{data}_zero_point", $"{weight}_zero_point"], [$"{result}_sums"]);
        product.Attribute.Add(node.Attribute);
        Add("Cast", [$"{result}_sums"], [$"{result}_reals"]).Attribute.Add(new AttributeProto { Name = "to", Type = AttributeProto.Types.AttributeType.Int, I = (long)DataType.Float });
        Add("Mul", [$"{data}_scale", $"{weight}_scale"], [$"{result}_factor"]);
        bool biased = node.Input.Count > 2;
        Add("Mul", [$"{result}_reals", $"{result}_factor"], [biased ? $"{result}_scaled" : result]);
        if (!biased)
            return;
        long[] along = [.. weights.Dims.Select((extent, axis) => axis == 1 ? weights.Dims[0] : 1)];
        AddInitializer($"{result}_shape", DataType.Int64, MemoryMarshal.AsBytes<long>(along), along.Length);
        Add("Reshape", [node.Input[2], $"{result}_shape"], [$"{result}_bias"]);
        Add("Add", [$"{result}_scaled", $"{result}_bias"], [result]);
    }

    /// <summary>Bytes, scale and zero point of weights, which the graph no longer holds as floats.</summary>
    private void Store(TensorProto weights)
    {
        var values = MemoryMarshal.Cast<byte, float>(weights.RawData.Span);
        float low = 0, high = 0;
        foreach (float value in values)
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        float scale = _signed ? Math.Max(-low, high) / 127 : (high - low) / 255;
        float zero = _signed ? 0 : MathF.Round(-low / scale);
        byte[] bytes = new byte[values.Length];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = unchecked((byte)(int)Math.Clamp(MathF.Round(values[i] / scale) + zero, _signed ? -127 : 0, _signed ? 127 : 255));
        var type = _signed ? DataType.Int8 : DataType.Uint8;
        AddInitializer($"{weights.Name}_quantized", type, bytes, [.. weights.Dims]);
        AddInitializer($"{weights.Name}_scale", DataType.Float, MemoryMarshal.AsBytes<float>([scale]));
        AddInitializer($"{weights.Name}_zero_point", type, [(byte)zero]);
        _graph.Initializer.Remove(weights);
    }

    private NodeProto Add(string op, IEnumerable<string> inputs, IEnumerable<string> outputs)
    {
        var node = new NodeProto { OpType = op };
        node.Input.AddRange(inputs);
        node.Output.AddRange(outputs);
        node.Name = node.Output[0];
        _nodes.Add(node);
        return node;
    }

    private void AddInitializer(string name, DataType type, ReadOnlySpan<byte> bytes, params long[] shape)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.AddRange(shape);
        _graph.Initializer.Add(tensor);
    }
}
