using Lathe.Formats.TFLite.Exporting.Ops;
using Lathe.Formats.TFLite.Importing;
using Lathe.Formats.TFLite.Reading;
using Lathe.Formats.TFLite.Writing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using static Lathe.Formats.TFLite.Reading.BuiltinOperator;

namespace Lathe.Formats.TFLite.Exporting.Writers;

/// <summary>Arithmetic, comparisons, logic and conversions of each element.</summary>
internal static class ElementwiseWriters
{
    private static readonly DType[] Arithmetic = [DType.Float32, DType.Int32, DType.Int64];

    private static readonly DType[] Compared = [DType.Float32, DType.Int32, DType.Int64];

    /// <summary>Integers whose kernels take them for scaled ones.</summary>
    private static readonly DType[] Narrow = [DType.Int8, DType.UInt8, DType.Int16, DType.UInt16];

    /// <summary>What conversions are there between.</summary>
    private static readonly DType[] Convertible = [DType.Float32, DType.Int64, DType.Int32, DType.Int16, DType.Int8, DType.UInt32, DType.UInt16, DType.UInt8, DType.Bool];

    public static void AddTo(ExportTable table)
    {
        Fusing<Add>(table, ADD, OptionsKind.Add, Arithmetic);
        Fusing<Sub>(table, SUB, OptionsKind.Sub, Arithmetic);
        Fusing<Mul>(table, MUL, OptionsKind.Mul, Arithmetic);
        Fusing<Div>(table, DIV, OptionsKind.Div, DType.Float32, DType.Int32);
        Binary<SquaredDifference>(table, SQUARED_DIFFERENCE, OptionsKind.SquaredDifference, DType.Float32, DType.Int32);
        Binary<FloorDiv>(table, FLOOR_DIV, OptionsKind.FloorDiv, DType.Float32);
        Binary<Max>(table, MAXIMUM, OptionsKind.MaximumMinimum, DType.Float32, DType.Int32, DType.Int64, DType.Int16, DType.UInt8, DType.Int8);
        Binary<Min>(table, MINIMUM, OptionsKind.MaximumMinimum, DType.Float32, DType.Int32, DType.Int64, DType.Int16, DType.UInt8, DType.Int8);
        Comparison<Equal>(table, EQUAL, OptionsKind.Equal, [.. Compared, DType.Bool]);
        Comparison<NotEqual>(table, NOT_EQUAL, OptionsKind.NotEqual, [.. Compared, DType.Bool]);
        Comparison<Less>(table, LESS, OptionsKind.Less, Compared);
        Comparison<LessEqual>(table, LESS_EQUAL, OptionsKind.LessEqual, Compared);
        Comparison<Greater>(table, GREATER, OptionsKind.Greater, Compared);
        Comparison<GreaterEqual>(table, GREATER_EQUAL, OptionsKind.GreaterEqual, Compared);
        Binary<And>(table, LOGICAL_AND, OptionsKind.LogicalAnd, DType.Bool);
        Binary<Or>(table, LOGICAL_OR, OptionsKind.LogicalOr, DType.Bool);
        Binary<Xor>(table, NOT_EQUAL, OptionsKind.NotEqual, DType.Bool);
        Binary<BitwiseXor>(table, BITWISE_XOR, OptionsKind.BitwiseXor, DType.Int8, DType.UInt8, DType.Int16, DType.UInt16, DType.Int32, DType.UInt32);
        table.Add<PRelu>((n, _) => n.Result(PRELU, n.Ins()), (node, _) => node.Output.Element == DType.Float32 && node.Inputs[0].Shape == node.Output.Shape && node.Output.Type.Rank <= Broadcasts.MaxRank);
        table.Add<PRelu>(WritePRelu, (node, _) => Arithmetic.Contains(node.Output.Element) && Broadcasts.IsPlain(node));
        table.Add<Pow>((n, _) => Write(n, POW, OptionsKind.Pow), (node, _) =>
            Broadcasts.CanWrite(node) && node.Inputs[0].Element == node.Inputs[1].Element && node.Output.Element is DType.Float32);
        table.Add<Mod>((n, _) => Write(n, FLOOR_MOD, OptionsKind.FloorMod), (node, op) =>
            Broadcasts.CanWrite(node) && !op.Fmod && node.Output.Element is DType.Float32 or DType.Int32 or DType.Int64);
        table.Add<Where>((n, _) => Write(n, SELECT_V2, OptionsKind.SelectV2), (node, _) =>
            Broadcasts.CanWrite(node) && node.Output.Element is DType.Bool or DType.Float32 or DType.UInt8 or DType.Int8 or DType.Int16 or DType.Int32 or DType.Int64);
        table.Add<Cast>(
            (n, op) => n.Result(CAST, n.Ins(), OptionsKind.Cast, NodeExport.CastOptions(n.Type(0).Element, op.To)),
            (node, op) => Convertible.Contains(node.Inputs[0].Element) && Convertible.Contains(op.To));
        table.Add<Cast>((n, _) => n.Result(DEQUANTIZE, n.Ins(), OptionsKind.Dequantize), (node, op) => node.Inputs[0].Element == DType.Float16 && op.To == DType.Float32);
    }

    /// <summary>An operator of operands that broadcast; joined axes, where there are too many, are put between reshapes.</summary>
    public static void Write(NodeExport n, BuiltinOperator op, OptionsKind kind, FlatNode? options = null)
    {
        if (Broadcasts.IsPlain(n.Node))
        {
            n.Result(op, n.Ins(), kind, options);
            return;
        }
        int[] joined = [.. n.Ins().Select((x, i) => n.Reshaped(x, n.Type(i).WithShape(Broadcasts.JoinedInput(n.Node, i))))];
        n.ReshapedResult(n.Emit(op, n.OutputType.WithShape(Broadcasts.JoinedOutput(n.Node)), joined, kind, options));
    }

    /// <summary>x, or slope * x below 0, where TFLite does not broadcast.</summary>
    private static void WritePRelu(NodeExport n, PRelu op)
    {
        int isNegative = n.Emit(LESS, n.Type(0).WithElement(DType.Bool), [n.In(0), n.Scalar("zero", 0, n.OutputType.Element)], OptionsKind.Less);
        int below = n.Emit(MUL, n.OutputType, n.Ins(), OptionsKind.Mul);
        n.Result(SELECT_V2, [isNegative, below, n.In(0)], OptionsKind.SelectV2);
    }

    private static void Binary<TOp>(ExportTable table, BuiltinOperator op, OptionsKind kind, params DType[] types) where TOp : Op =>
        table.Add<TOp>((n, _) => Write(n, op, kind), (node, _) => types.Contains(node.Inputs[0].Element) && Broadcasts.CanWrite(node));

    /// <summary>A comparison, of narrow integers as wide ones.</summary>
    private static void Comparison<TOp>(ExportTable table, BuiltinOperator op, OptionsKind kind, params DType[] types) where TOp : Op
    {
        Binary<TOp>(table, op, kind, types);
        table.Add<TOp>(
            (n, _) => n.Result(op, [.. n.Ins().Select((x, i) => n.Cast(x, n.Type(i), DType.Int32))], kind),
            (node, _) => Narrow.Contains(node.Inputs[0].Element) && Broadcasts.IsPlain(node));
    }

    /// <summary>An operator that can end with an activation.</summary>
    private static void Fusing<TOp>(ExportTable table, BuiltinOperator op, OptionsKind kind, params DType[] types) where TOp : Op => table.Add<TOp>(
        (n, _) => Write(n, op, kind, n.Activation == ActivationKind.None ? null : new() { { 0, (byte)n.Activation } }),
        (node, _) => types.Contains(node.Inputs[0].Element) && Broadcasts.CanWrite(node));
}
