using Lathe.Formats.TFLite.Reading;
using static Lathe.Formats.TFLite.Reading.BuiltinOperator;

namespace Lathe.Formats.TFLite.Writing;

/// <summary>
/// The oldest version of an operator that has what a use of it needs: runtimes refuse versions that they do not know. The numbers are those that TensorFlow's
/// own converter gives.
/// </summary>
internal static class OperatorVersions
{
    /// <param name="inputs">Null for an operand that is left out.</param>
    public static int Of(BuiltinOperator op, IReadOnlyList<DraftTensor?> inputs, IReadOnlyList<DraftTensor> outputs, FlatNode options)
    {
        LiteType? first = inputs.Count > 0 ? inputs[0]?.Type : null, second = inputs.Count > 1 ? inputs[1]?.Type : null;
        int rank = inputs.Select(i => i?.Shape.Count ?? 0).DefaultIfEmpty(0).Max();
        bool broadcasts = inputs.Count == 2 && inputs[0]?.Shape != inputs[1]?.Shape;
        return op switch
        {
            CONV_2D => ConvVersion(inputs, first, second),
            DEPTHWISE_CONV_2D => DepthwiseVersion(first, second, options),
            FULLY_CONNECTED => inputs.Count == 2 ? 6 : options[2] is true ? 5 : first is LiteType.Int8 ? 4 : first is LiteType.Int16 && second is LiteType.Int16 ? 7 : 1,
            TRANSPOSE_CONV => inputs.Count == 4 ? 3 : second is LiteType.Int8 ? 2 : 1,
            GATHER => options[1] is int and not 0 ? 5 : first switch { LiteType.Int16 => 4, LiteType.Bool => 3, LiteType.Int8 => 2, _ => 1 },
            GATHER_ND => first is LiteType.Int16 ? 3 : 1,
            TRANSPOSE => rank > 5 ? 6 : first is LiteType.Int16 ? 5 : rank > 4 ? 4 : first switch { LiteType.Bool => 3, LiteType.Int8 => 2, _ => 1 },
            SPLIT => second switch { LiteType.Int16 => 4, LiteType.Int32 => 3, LiteType.Int8 => 2, _ => 1 },
            SLICE => rank > 4 ? 5 : first switch { LiteType.Int16 => 4, LiteType.Int8 => 2, _ => 1 },
            STRIDED_SLICE => (inputs[0]?.Shape.Count ?? 0) > 4 ? 4 : first switch { LiteType.Bool => 3, LiteType.Int8 => 2, _ => 1 },
            UNPACK => first switch { LiteType.Int16 => 4, LiteType.Bool => 3, LiteType.Int8 or LiteType.UInt8 => 2, _ => 1 },
            DEQUANTIZE => first is LiteType.Int16 or LiteType.Float16 ? 3 : first is LiteType.Int8 ? (inputs[0]!.IsPerAxis ? 5 : 2) : 1,
            QUANTIZE => outputs[0].IsPerAxis ? 3 : outputs[0].Type is LiteType.Int16 ? 2 : 1,
            RESIZE_BILINEAR => first is LiteType.Int16 ? 4 : options[3] is true ? 3 : first is LiteType.Int8 ? 2 : 1,
            RESIZE_NEAREST_NEIGHBOR => first is LiteType.Int16 ? 4 : options[0] is true || options[1] is true ? 3 : first is LiteType.Int8 ? 2 : 1,
            MAXIMUM or MINIMUM => first is LiteType.Int16 ? 4 : broadcasts && rank > 4 ? 3 : first is LiteType.Int8 ? 2 : 1,
            ADD => first switch { LiteType.Int64 => 4, LiteType.Int16 => 3, LiteType.Int8 => 2, _ => 1 },
            SUB => first is LiteType.Int16 ? 5 : first is LiteType.Int64 ? 4 : broadcasts && rank > 4 ? 3 : first is LiteType.Int8 ? 2 : 1,
            MUL => first is LiteType.Int64 ? 5 : first is LiteType.Int16 ? 4 : HasLargeFactor(inputs, outputs) ? 3 : first is LiteType.Int8 ? 2 : 1,
            DIV => broadcasts && rank > 4 ? 2 : 1,
            PAD or PADV2 => (inputs[0]?.Shape.Count ?? 0) > 4 ? 4 : first switch { LiteType.Int16 => 3, LiteType.Int8 => 2, _ => 1 },
            BATCH_MATMUL or CONCATENATION or MEAN or SOFTMAX or MIRROR_PAD or REDUCE_MAX or REDUCE_MIN or RELU6 or RSQRT or PACK or MAX_POOL_2D or AVERAGE_POOL_2D or TANH
                or LOGISTIC or LESS or GREATER_EQUAL => first switch { LiteType.Int16 => 3, LiteType.Int8 => 2, _ => 1 },
            RELU => first switch { LiteType.Int16 => 3, LiteType.Int8 or LiteType.UInt8 => 2, _ => 1 },
            ABS => first switch { LiteType.Int32 => 5, LiteType.Int16 => 3, LiteType.Int8 or LiteType.UInt8 => 2, _ => 1 },
            EQUAL => first switch { LiteType.Int16 => 4, LiteType.Int8 => 2, _ => 1 },
            NOT_EQUAL or SPLIT_V or SUM or LOG_SOFTMAX or GREATER or LESS_EQUAL or SQUARED_DIFFERENCE or DEPTH_TO_SPACE or SPACE_TO_DEPTH or TOPK_V2 or ARG_MAX or ARG_MIN
                or EXP or LOG or REDUCE_PROD or L2_NORMALIZATION => first is LiteType.Int8 ? 2 : 1,
            TILE => first is LiteType.Int8 ? 3 : 1,
            FLOOR_DIV => first switch { LiteType.Int16 or LiteType.Int8 => 3, LiteType.Float32 => 2, _ => 1 },
            FLOOR_MOD => first is LiteType.Int16 or LiteType.Int8 ? 2 : 1,
            LEAKY_RELU => first is LiteType.Int16 ? 2 : 1,
            GELU => first is LiteType.Int8 or LiteType.UInt8 ? 2 : 1,
            BROADCAST_TO => first is LiteType.Int8 or LiteType.Int16 ? 3 : 2,
            CAST => CastVersion(first, outputs[0].Type),
            _ => 1,
        };
    }

    private static int ConvVersion(IReadOnlyList<DraftTensor?> inputs, LiteType? data, LiteType? weights)
    {
        bool grouped = inputs[0]!.Shape[^1] != inputs[1]!.Shape[^1];
        return grouped ? 6 : data is LiteType.Int8 ? 3 : data is LiteType.Float32 && weights is LiteType.Int8 ? (inputs[1]!.IsPerAxis ? 5 : 2) : 1;
    }

    private static int DepthwiseVersion(LiteType? data, LiteType? weights, FlatNode options) =>
        data is LiteType.Float32 && weights is LiteType.Int8 ? 6 : data is LiteType.Int8 ? 3 : options[5] is int and not 1 || options[6] is int and not 1 ? 2 : 1;

    private static bool HasLargeFactor(IReadOnlyList<DraftTensor?> inputs, IReadOnlyList<DraftTensor> outputs) =>
        inputs[0]?.Quantization is { } a && inputs[1]?.Quantization is { } b && outputs[0].Quantization is { } y && a.Scale * b.Scale / y.Scale >= 1;

    private static int CastVersion(LiteType? from, LiteType to)
    {
        bool Either(params LiteType[] types) => types.Contains(to) || (from is { } f && types.Contains(f));
        return Either(LiteType.BFloat16) ? 7 : Either(LiteType.Float64, LiteType.Float16) ? 5 : Either(LiteType.UInt16) ? 4 : Either(LiteType.Int8) ? 3 : Either(LiteType.UInt32) ? 2 : 1;
    }
}
