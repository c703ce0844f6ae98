using Lathe.Formats.TFLite.Exporting.Ops;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting;

/// <summary>A value and what its integers stand for.</summary>
internal sealed record ScaledValue(Value Value, Scaling Scaling)
{
    public static bool IsByte(Value value) => value.Element is DType.Int8 or DType.UInt8;

    /// <summary>The scaling that a node's inputs from the second on say, or null where it is not constant.</summary>
    public static Scaling? ScalingOf(int axis, long blockSize, Node node)
    {
        if (blockSize != 0 || node.Inputs[1].Constant is not { } scale || node.Inputs is [_, _, { Constant: null }])
            return null;
        var zero = node.Inputs.Length > 2 ? node.Inputs[2].Constant : null;
        return new([.. scale.Cast(DType.Float32).ToDoubleArray()], zero?.ToInt64Array() ?? new long[scale.Count], scale.Count > 1 ? axis : 0);
    }

    /// <summary>u8's scaling as int8 has it.</summary>
    public static Scaling Moved(Scaling scaling, DType type) => type == DType.UInt8 ? scaling with { ZeroPoints = [.. scaling.ZeroPoints.Select(z => z - 128)] } : scaling;

    /// <summary>The same reals in another type or scaling.</summary>
    public static Value Requantized(GraphBuilder b, Value value, Scaling from, Scaling to, DType type) =>
        b.Add(new WholeOperator(new("QUANTIZE", [], [from], to), value.Type.WithElement(type)), value);

    /// <summary>Bytes as int8.</summary>
    public static ScaledValue AsInt8(GraphBuilder b, Value value, Scaling scaling)
    {
        if (value.Element == DType.Int8)
            return new(value, scaling);
        var moved = Moved(scaling, DType.UInt8);
        if (value.Op is QuantizeLinear && value.Node.Inputs[0].Element == DType.Float32)
            return new(b.Add(new WholeOperator(new("QUANTIZE", [], [Scaling.None], moved), value.Type.WithElement(DType.Int8)), value.Node.Inputs[0]), moved);
        return value.Op is WholeOperator { Operator: { Operator: "QUANTIZE" } op } && op.Operands[0] == moved && value.Node.Inputs[0].Element == DType.Int8
            ? new(value.Node.Inputs[0], moved)
            : new(Requantized(b, value, scaling, moved, DType.Int8), moved);
    }
}
