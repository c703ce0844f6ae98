using Lathe.Formats.TFLite.Exporting.Ops;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting.Rules;

/// <summary>
/// What happens to reals between DequantizeLinear and QuantizeLinear becomes one operator on bytes, where TFLite has it. Products round as TFLite's integer kernels do, which can be a step off.
/// </summary>
/// <param name="moves">Whether u8 is moved by 128 to be int8: TFLite has no product of u8 and int8.</param>
internal sealed class QuantizeOperators(bool moves) : Rule<QuantizeLinear>
{
    /// <summary>Operators whose result has the scale of their operand.</summary>
    private static readonly HashSet<string> Moving =
        ["MAX_POOL_2D", "AVERAGE_POOL_2D", "PAD", "RESHAPE", "TRANSPOSE", "SLICE", "STRIDED_SLICE", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "REDUCE_MAX", "REDUCE_MIN", "GATHER", "CONCATENATION", "DEPTH_TO_SPACE", "SPACE_TO_DEPTH", "TILE"];

    private static readonly HashSet<string> Computing =
        ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "SUB", "MUL", "MEAN", "LEAKY_RELU", "HARD_SWISH", "RELU", "RELU6", "SOFTMAX", "LOGISTIC", "TANH"];

    /// <summary>Operators whose results have a scale of their own.</summary>
    private static readonly Dictionary<string, Scaling> Fixed = new()
    {
        ["SOFTMAX"] = new([1.0 / 256], [-128], 0),
        ["LOGISTIC"] = new([1.0 / 256], [-128], 0),
        ["TANH"] = new([1.0 / 128], [0], 0),
    };

    private readonly GraphEvaluator _evaluator = new();

    protected override Value? Apply(Node node, QuantizeLinear op, RewriteContext context)
    {
        if (ScaledValue.ScalingOf(op.Axis, op.BlockSize, node) is not { Scales.Count: 1 } result || !ScaledValue.IsByte(node.Output))
            return null;
        var region = new RealRegion(node.Inputs[0], context, _evaluator);
        if (region.Operator() is not { } found || !(Computing.Contains(found.Op) || Moving.Contains(found.Op)))
            return null;
        var b = context.Builder;
        var (type, y) = moves ? (DType.Int8, ScaledValue.Moved(result, node.Output.Element)) : (node.Output.Element, result);
        if (region.Operands(b, found, type, moves) is not { } operands || (Moving.Contains(found.Op) && operands.Any(o => o.Scaling.Scales.Count > 0 && o.Scaling != y)))
            return null;
        var own = Fixed.TryGetValue(found.Op, out var known) ? (type == DType.Int8 ? known : known with { ZeroPoints = [known.ZeroPoints[0] + 128] }) : y;
        var whole = new QuantizedOperator(found.Op, found.Options, [.. operands.Select(o => o.Scaling)], own);
        var value = b.Add(new WholeOperator(whole, node.Output.Type.WithElement(type)), [.. operands.Select(o => o.Value)]);
        if (own != y)
            value = ScaledValue.Requantized(b, value, own, y, type);
        return node.Output.Element == type ? value : ScaledValue.Requantized(b, value, y, result, DType.UInt8);
    }
}
