using Lathe.Formats.TFLite.Exporting.Ops;
using Lathe.Formats.TFLite.Importing;
using Lathe.Formats.TFLite.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting;

/// <summary>
/// The ops on reals that lie between values that are dequantized and one that is quantized: an op, maybe with a bias and an activation after it. The exporter knows which operator they are: it
/// writes a model of them in floats.
/// </summary>
internal sealed class RealRegion
{
    private readonly GraphEvaluator _evaluator;
    private readonly List<(Value Stored, Scaling Scaling)> _inputs = [];
    private readonly Scaling? _weights;
    private readonly DType _weightType;
    private readonly Graph? _graph;

    public RealRegion(Value result, RewriteContext context, GraphEvaluator evaluator)
    {
        _evaluator = evaluator;
        var inner = new List<Node>();
        var at = result;
        if (Fused.KindOf(at.Op) is not null && context.IsUsedOnce(at))
        {
            inner.Insert(0, at.Node);
            at = at.Node.Inputs[0];
        }
        if (at.Op is Add && at.Node.Inputs.FirstOrDefault(i => i.Op is Conv or MatMul) is { } sum && context.IsUsedOnce(sum) && at.Node.Inputs.All(i => i == sum || Constant(i) is not null))
        {
            inner.Insert(0, at.Node);
            at = sum;
        }
        if (at.Op is DequantizeLinear or Input or Graphs.Ops.Constant || at.Node.Outputs.Length != 1)
            return;
        inner.Insert(0, at.Node);
        var b = new GraphBuilder();
        var map = new Dictionary<Value, Value>();
        foreach (var node in inner)
        {
            foreach (var operand in node.Inputs.Where(i => !map.ContainsKey(i)))
            {
                if (Constant(operand) is { } tensor)
                {
                    map[operand] = b.Constant(tensor);
                    if (operand == at.Node.Inputs[^1] && at.Op is Conv or MatMul)
                        (_weights, _weightType) = Root(operand);
                }
                else if (operand.Op is DequantizeLinear op && ScaledValue.IsByte(operand.Node.Inputs[0]) && ScaledValue.ScalingOf(op.Axis, op.BlockSize, operand.Node) is { Scales.Count: 1 } scaling)
                {
                    map[operand] = b.Input($"{_inputs.Count}", new(DType.Float32, operand.Shape));
                    _inputs.Add((operand.Node.Inputs[0], scaling));
                }
                else
                    return;
            }
            map[node.Output] = b.AddNode(node.Op, [.. node.Inputs.Select(i => map[i])]).Output;
        }
        if (_inputs.Count > 0)
            _graph = new("real", _inputs.Select((_, i) => b.Input($"{i}", new(DType.Float32, _inputs[i].Stored.Shape))), [new("y", map[inner[^1].Output])]);
    }

    /// <summary>A use of an operator: its options, and its operands as the float model has them.</summary>
    internal sealed record Found(string Op, EquatableArray<double> Options, int[] Operands, LiteModel Model);

    /// <summary>The only operator that the ops are; null where they are several.</summary>
    public Found? Operator()
    {
        if (_graph is null)
            return null;
        byte[] file;
        try
        {
            file = TFLiteExporter.Export(_graph);
        }
        catch (UnsupportedException)
        {
            return null;
        }
        var model = LiteModel.Parse(file);
        if (model.Graphs[0].Operators is not [var only])
            return null;
        var builtin = model.Codes[(int)only.Code].Builtin;
        return OperatorOptions.Read(builtin, only.Options) is { } options ? new(builtin.ToString(), options, only.Inputs, model) : null;
    }

    /// <summary>The operands as bytes of a type; null where one cannot be.</summary>
    public List<ScaledValue>? Operands(GraphBuilder b, Found found, DType type, bool moves)
    {
        var reader = new TensorReader(found.Model);
        var graph = found.Model.Graphs[0];
        var operands = new List<ScaledValue>();
        int[] present = [.. found.Operands.Reverse().SkipWhile(o => o < 0).Reverse()];
        bool isProduct = found.Op is "CONV_2D" or "DEPTHWISE_CONV_2D" or "FULLY_CONNECTED";
        for (int i = 0; i < present.Length; i++)
        {
            int input = Array.IndexOf(graph.Inputs, present[i]);
            if (input >= 0)
            {
                var (value, scaling) = _inputs[input];
                if (!moves && value.Element != type)
                    return null;
                operands.Add(moves ? ScaledValue.AsInt8(b, value, scaling) : new(value, scaling));
                continue;
            }
            if (present[i] < 0 || reader.Read(graph.Tensors[present[i]]) is not { } stored)
                return null;
            if (stored.Type != DType.Float32)
                operands.Add(new(b.Constant(stored), Scaling.None));
            else if (!isProduct || (i == 1 ? Weights(found.Op, stored, type) : i == 2 ? Bias(stored, operands) : null) is not { } made)
                return null;
            else
                operands.Add(new(b.Constant(made.Tensor), made.Scaling));
        }
        return operands;
    }

    /// <summary>Weights as the model has stored them; zero points of int8 must be 0.</summary>
    private (Tensor Tensor, Scaling Scaling)? Weights(string op, Tensor real, DType type)
    {
        if (_weights is not { } by || _weightType != type || (type == DType.Int8 ? by.ZeroPoints.Any(z => z != 0) : by.Scales.Count != 1))
            return null;
        int axis = op == "DEPTHWISE_CONV_2D" ? 3 : 0;
        if (by.Scales.Count > 1 && (by.Scales.Count != real.Shape[axis].Value || op == "FULLY_CONNECTED"))
            return null;
        var stored = Tensor.Zeros(type, real.Shape);
        var (least, most) = type == DType.Int8 ? (-127, 127) : (0, 255);
        long inner = real.Shape.Strides()[axis];
        for (long i = 0; i < real.Count; i++)
        {
            double scale = by.Scales.Count == 1 ? by.Scales[0] : by.Scales[(int)(i / inner % real.Shape[axis].Value)];
            stored.SetInt64(i, Math.Clamp((long)Math.Round(real.GetDouble(i) / scale) + by.ZeroPoints[0], least, most));
        }
        return (stored, by with { Axis = by.Scales.Count > 1 ? axis : 0 });
    }

    /// <summary>A bias has the product of the scales of data and weights.</summary>
    private static (Tensor Tensor, Scaling Scaling)? Bias(Tensor real, List<ScaledValue> operands)
    {
        var (x, w) = (operands[0].Scaling, operands[1].Scaling);
        double[] scales = [.. w.Scales.Select(s => (double)((float)s * (float)x.Scales[0]))];
        var stored = Tensor.Zeros(DType.Int32, real.Shape);
        for (int i = 0; i < real.Count; i++)
            stored.SetInt64(i, (long)Math.Clamp(Math.Round(real.GetDouble(i) / scales[scales.Length == 1 ? 0 : i]), int.MinValue, int.MaxValue));
        return (stored, new([.. scales], new long[scales.Length], 0));
    }

    /// <summary>What a value that follows from constants alone is; null for others.</summary>
    private Tensor? Constant(Value value)
    {
        if (value.Constant is { } known)
            return known;
        var nodes = Graph.TopologicalOrder([value]);
        return nodes.Length > 8 || nodes.Any(n => n.Op is Input) ? null : _evaluator.Run(new Graph("constant", [], [new("y", value)]), new Dictionary<string, Tensor>())["y"];
    }

    /// <summary>The scaling of the stored constant that a value is made of by moving elements.</summary>
    private static (Scaling? Scaling, DType Type) Root(Value value)
    {
        while (value.Op is Reshape or Transpose)
            value = value.Node.Inputs[0];
        return value.Op is DequantizeLinear op && ScaledValue.IsByte(value.Node.Inputs[0])
            ? (ScaledValue.ScalingOf(op.Axis, op.BlockSize, value.Node), value.Node.Inputs[0].Element)
            : (null, value.Element);
    }
}
