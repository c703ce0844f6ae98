using Lathe.Formats.TFLite.Writing;
using Lathe.Tensors;
using static Lathe.Formats.TFLite.Reading.BuiltinOperator;

namespace Lathe.Formats.TFLite.Reading;

/// <summary>
/// The options of operators that can work on scaled integers, as lists of numbers. A layout has a letter a field: b a byte, i an int, t a truth value, f a float; capitals are 1 where
/// the file leaves the field out; - is a field that is not used any more.
/// </summary>
internal static class OperatorOptions
{
    private static readonly Dictionary<BuiltinOperator, (OptionsKind Kind, string Layout)> Layouts = new()
    {
        [ABS] = (OptionsKind.Abs, ""),
        [ADD] = (OptionsKind.Add, "bT"),
        [ARG_MAX] = (OptionsKind.ArgMax, "b"),
        [ARG_MIN] = (OptionsKind.ArgMin, "b"),
        [AVERAGE_POOL_2D] = (OptionsKind.Pool2D, "biiiib"),
        [BATCH_MATMUL] = (OptionsKind.BatchMatMul, "ttt"),
        [CONCATENATION] = (OptionsKind.Concatenation, "ib"),
        [CONV_2D] = (OptionsKind.Conv2D, "biibII"),
        [DEPTHWISE_CONV_2D] = (OptionsKind.DepthwiseConv2D, "biiibII"),
        [DEPTH_TO_SPACE] = (OptionsKind.DepthToSpace, "i"),
        [DEQUANTIZE] = (OptionsKind.Dequantize, ""),
        [DIV] = (OptionsKind.Div, "b"),
        [ELU] = (OptionsKind.None, ""),
        [EQUAL] = (OptionsKind.Equal, ""),
        [EXP] = (OptionsKind.Exp, ""),
        [FULLY_CONNECTED] = (OptionsKind.FullyConnected, "bbtt"),
        [GATHER] = (OptionsKind.Gather, "ii"),
        [GREATER] = (OptionsKind.Greater, ""),
        [GREATER_EQUAL] = (OptionsKind.GreaterEqual, ""),
        [HARD_SWISH] = (OptionsKind.HardSwish, ""),
        [L2_NORMALIZATION] = (OptionsKind.L2Norm, "b"),
        [LEAKY_RELU] = (OptionsKind.LeakyRelu, "f"),
        [LESS] = (OptionsKind.Less, ""),
        [LESS_EQUAL] = (OptionsKind.LessEqual, ""),
        [LOG] = (OptionsKind.None, ""),
        [LOGISTIC] = (OptionsKind.None, ""),
        [LOG_SOFTMAX] = (OptionsKind.LogSoftmax, ""),
        [MAXIMUM] = (OptionsKind.MaximumMinimum, ""),
        [MAX_POOL_2D] = (OptionsKind.Pool2D, "biiiib"),
        [MEAN] = (OptionsKind.Reducer, "t"),
        [MINIMUM] = (OptionsKind.MaximumMinimum, ""),
        [MIRROR_PAD] = (OptionsKind.MirrorPad, "b"),
        [MUL] = (OptionsKind.Mul, "b"),
        [NEG] = (OptionsKind.Neg, ""),
        [NOT_EQUAL] = (OptionsKind.NotEqual, ""),
        [PACK] = (OptionsKind.Pack, "ii"),
        [PAD] = (OptionsKind.Pad, ""),
        [PADV2] = (OptionsKind.PadV2, ""),
        [PRELU] = (OptionsKind.None, ""),
        [QUANTIZE] = (OptionsKind.Quantize, ""),
        [REDUCE_MAX] = (OptionsKind.Reducer, "t"),
        [REDUCE_MIN] = (OptionsKind.Reducer, "t"),
        [RELU] = (OptionsKind.None, ""),
        [RELU6] = (OptionsKind.None, ""),
        [RELU_N1_TO_1] = (OptionsKind.None, ""),
        [RESIZE_BILINEAR] = (OptionsKind.ResizeBilinear, "--tt"),
        [RESIZE_NEAREST_NEIGHBOR] = (OptionsKind.ResizeNearestNeighbor, "tt"),
        [RSQRT] = (OptionsKind.None, ""),
        [SLICE] = (OptionsKind.Slice, ""),
        [SOFTMAX] = (OptionsKind.Softmax, "f"),
        [SPACE_TO_DEPTH] = (OptionsKind.SpaceToDepth, "i"),
        [SQRT] = (OptionsKind.None, ""),
        [SQUARED_DIFFERENCE] = (OptionsKind.SquaredDifference, ""),
        [STRIDED_SLICE] = (OptionsKind.StridedSlice, "iiiiit"),
        [SUB] = (OptionsKind.Sub, "bT"),
        [SUM] = (OptionsKind.Reducer, "t"),
        [TANH] = (OptionsKind.None, ""),
        [TILE] = (OptionsKind.Tile, ""),
        [TRANSPOSE] = (OptionsKind.Transpose, ""),
        [TRANSPOSE_CONV] = (OptionsKind.TransposeConv, "biib"),
    };

    /// <summary>An operator's options, or null where its options have no layout here.</summary>
    public static EquatableArray<double>? Read(BuiltinOperator op, FlatTable? table)
    {
        if (!Layouts.TryGetValue(op, out var known))
            return null;
        return [.. known.Layout.Select((letter, field) =>
        {
            double otherwise = char.IsUpper(letter) ? 1 : 0;
            return table is not { } t || !t.Has(field) ? otherwise : char.ToLowerInvariant(letter) switch
            {
                'b' => t.Byte(field),
                'i' => t.Int(field),
                't' => t.Bool(field) ? 1 : 0,
                'f' => t.Float(field),
                _ => 0.0,
            };
        })];
    }

    /// <summary>The table of options that <see cref="Read"/> gave the numbers of.</summary>
    public static (OptionsKind Kind, FlatNode Table) Write(BuiltinOperator op, EquatableArray<double> options)
    {
        var (kind, layout) = Layouts[op];
        var table = new FlatNode();
        for (int field = 0; field < layout.Length; field++)
        {
            table.Add(field, char.ToLowerInvariant(layout[field]) switch
            {
                'b' => (byte)options[field],
                'i' => (int)options[field],
                't' => options[field] != 0,
                'f' => (float)options[field],
                _ => null,
            });
        }
        return (kind, table);
    }
}
