using Lathe.Formats.TFLite.Exporting.Ops;
using Lathe.Formats.TFLite.Importing;
using Lathe.Formats.TFLite.Reading;
using Lathe.Formats.TFLite.Writing;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using static Lathe.Formats.TFLite.Exporting.Writers.FunctionWriters;
using static Lathe.Formats.TFLite.Reading.BuiltinOperator;

namespace Lathe.Formats.TFLite.Exporting.Writers;

/// <summary>Activation functions.</summary>
internal static class ActivationWriters
{
    public static void AddTo(ExportTable table)
    {
        Unary<Relu>(table, RELU);
        Unary<HardSwish>(table, HARD_SWISH, OptionsKind.HardSwish);
        table.Add<Elu>((n, _) => n.Result(ELU, n.Ins()), (node, op) => node.Output.Element == DType.Float32 && op.Alpha == 1);
        table.Add<LeakyRelu>((n, op) => n.Result(LEAKY_RELU, n.Ins(), OptionsKind.LeakyRelu, new() { { 0, (float)op.Alpha } }), (node, _) => node.Output.Element == DType.Float32);
        table.Add<Gelu>((n, op) => n.Result(GELU, n.Ins(), OptionsKind.Gelu, new() { { 0, op.Tanh } }), (node, _) => node.Output.Element == DType.Float32);
        table.Add<Clip>(WriteClip, (node, op) => op is not { Min: null, Max: null } && node.Output.Element is DType.Float32 or DType.Int32 or DType.Int64 or DType.Int16 or DType.UInt8 or DType.Int8);
        Formula<Relu>(table, (f, x) => f.Maximum(x, f.Number(0)), DType.Int32, DType.Int64);
        Formula<Celu>(table, (f, op, x) => f.Add(f.Apply(RELU, x), f.Mul(f.Apply(ELU, f.Div(f.Minimum(x, f.Number(0)), f.Number(op.Alpha))), f.Number(op.Alpha))));
        Formula<Elu>(table, (f, op, x) => f.Add(f.Apply(RELU, x), f.Mul(f.Apply(ELU, f.Minimum(x, f.Number(0))), f.Number(op.Alpha))));
        Formula<Selu>(table, (f, op, x) => f.Add(
            f.Mul(f.Apply(RELU, x), f.Number(op.Gamma)), f.Mul(f.Apply(ELU, f.Minimum(x, f.Number(0))), f.Number(op.Gamma * op.Alpha))));
        Formula<HardSigmoid>(table, (f, op, x) => f.Minimum(f.Apply(RELU, f.Add(f.Mul(x, f.Number(op.Alpha)), f.Number(op.Beta))), f.Number(1)));
        Formula<Mish>(table, (f, x) => f.Mul(x, f.Apply(TANH, Softplus(f, x))));
        Formula<Softplus>(table, Softplus);
        Formula<Softsign>(table, (f, x) => f.Div(x, f.Add(f.Abs(x), f.Number(1))));
        Formula<Swish>(table, (f, op, x) => f.Mul(x, f.Apply(LOGISTIC, op.Alpha == 1 ? x : f.Mul(x, f.Number(op.Alpha)))));
        Formula<ScaledTanh>(table, (f, op, x) => f.Mul(f.Apply(TANH, f.Mul(x, f.Number(op.Beta))), f.Number(op.Alpha)));
        Formula<ThresholdedRelu>(table, (f, op, x) => f.Select(f.Greater(x, f.Number(op.Alpha)), x, f.Number(0)));
        Formula<Shrink>(table, (f, op, x) => f.Select(
            f.Less(x, f.Number(-op.Lambda)), f.Add(x, f.Number(op.Bias)), f.Select(f.Greater(x, f.Number(op.Lambda)), f.Sub(x, f.Number(op.Bias)), f.Number(0))));
    }

    /// <summary>max(0, x) + log(1 + exp(-|x|)).</summary>
    private static Formula.Term Softplus(Formula f, Formula.Term x) => f.Add(f.Apply(RELU, x), f.Log(f.Add(f.Exp(f.Neg(f.Abs(x))), f.Number(1))));

    private static void WriteClip(NodeExport n, Clip op)
    {
        BuiltinOperator? whole = n.OutputType.Element != DType.Float32 ? null : Fused.KindOf(op) switch
        {
            ActivationKind.Relu => RELU,
            ActivationKind.Relu6 => RELU6,
            ActivationKind.ReluN1To1 => RELU_N1_TO_1,
            _ => null,
        };
        if (whole is { } known)
            n.Result(known, n.Ins());
        else
            new Formula(n).Write((f, x) =>
            {
                var raised = op.Min is { } min ? f.Maximum(x, f.Number(Limit(min, n.OutputType.Element))) : x;
                return op.Max is { } max ? f.Minimum(raised, f.Number(Limit(max, n.OutputType.Element))) : raised;
            });
    }

    /// <summary>A bound as the element type can hold it.</summary>
    private static double Limit(double bound, DType type) => type switch
    {
        DType.UInt8 => Math.Clamp(bound, 0, 255),
        DType.Int8 => Math.Clamp(bound, sbyte.MinValue, sbyte.MaxValue),
        DType.Int16 => Math.Clamp(bound, short.MinValue, short.MaxValue),
        DType.Int32 => Math.Clamp(bound, int.MinValue, int.MaxValue),
        _ => bound,
    };
}
