using Lathe.Formats.TFLite.Exporting.Ops;
using Lathe.Formats.TFLite.Reading;
using Lathe.Formats.TFLite.Writing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using static Lathe.Formats.TFLite.Reading.BuiltinOperator;

namespace Lathe.Formats.TFLite.Exporting.Writers;

/// <summary>Functions of one number. Those that TFLite lacks are written by those that it has.</summary>
internal static class FunctionWriters
{
    public static void AddTo(ExportTable table)
    {
        Unary<Exp>(table, EXP, OptionsKind.Exp);
        Unary<Log>(table, LOG);
        Unary<Sqrt>(table, SQRT);
        Unary<Rsqrt>(table, RSQRT);
        Unary<Sin>(table, SIN);
        Unary<Cos>(table, COS, OptionsKind.Cos);
        Unary<Tanh>(table, TANH);
        Unary<Sigmoid>(table, LOGISTIC);
        Unary<Floor>(table, FLOOR);
        Unary<Ceil>(table, CEIL);
        Unary<Round>(table, ROUND);
        Unary<Abs>(table, ABS, OptionsKind.Abs);
        table.Add<Neg>((n, _) => n.Result(NEG, n.Ins(), OptionsKind.Neg), (node, _) => node.Output.Element is DType.Float32 or DType.Int32 or DType.Int64);
        table.Add<Not>((n, _) => n.Result(LOGICAL_NOT, n.Ins(), OptionsKind.LogicalNot), (node, _) => node.Output.Element == DType.Bool);
        table.Add<Identity>((n, _) => n.ReshapedResult(n.In(0)));
        Formula<Abs>(table, (f, x) => f.Maximum(x, f.Neg(x)), DType.Int32, DType.Int64);
        Formula<Reciprocal>(table, (f, x) => f.Div(f.Number(1), x));
        Formula<Sign>(table, (f, x) => f.Select(f.Greater(x, f.Number(0)), f.Number(1), f.Select(f.Less(x, f.Number(0)), f.Number(-1), f.Mul(x, f.Number(0)))), DType.Float32, DType.Int32, DType.Int64);
        Formula<Tan>(table, (f, x) => f.Div(f.Apply(SIN, x), f.Apply(COS, x, OptionsKind.Cos)));
        Formula<Sinh>(table, (f, x) => f.Mul(f.Sub(f.Exp(x), f.Exp(f.Neg(x))), f.Number(0.5)));
        Formula<Cosh>(table, (f, x) => f.Mul(f.Add(f.Exp(x), f.Exp(f.Neg(x))), f.Number(0.5)));
        Formula<Atanh>(table, (f, x) => f.Mul(f.Log(f.Div(f.Add(f.Number(1), x), f.Sub(f.Number(1), x))), f.Number(0.5)));
        Formula<Acosh>(table, (f, x) => f.Log(f.Add(x, f.Sqrt(f.Sub(f.Mul(x, x), f.Number(1))))));
        Formula<Asinh>(table, (f, x) =>
        {
            var size = f.Abs(x);
            var grown = f.Log(f.Add(size, f.Sqrt(f.Add(f.Mul(x, x), f.Number(1)))));
            return f.Select(f.Less(x, f.Number(0)), f.Neg(grown), grown);
        });
        Formula<Atan>(table, (f, x) => f.Angle(x, f.Add(f.Mul(x, f.Number(0)), f.Number(1))));
        Formula<Asin>(table, (f, x) => f.Angle(x, f.Cofunction(x)));
        Formula<Acos>(table, (f, x) => f.Angle(f.Cofunction(x), x));
        Formula<Erf>(table, (f, x) =>
        {
            // gelu(z) = z / 2 * (1 + erf(z / sqrt(2))); z may not be 0.
            var z = f.Mul(x, f.Number(Math.Sqrt(2)));
            z = f.Select(f.Equal(z, f.Number(0)), f.Number(1e-20), z);
            return f.Sub(f.Mul(f.Div(f.Apply(GELU, z, OptionsKind.Gelu), z), f.Number(2)), f.Number(1));
        });
        Formula<Affine>(table, (f, op, x) => f.Add(f.Mul(x, f.Number(op.Alpha)), f.Number(op.Beta)));
        FormulaOfBool<IsNaN>(table, (f, _, x) => f.NotEqual(x, x));
        FormulaOfBool<IsInf>(table, (f, op, x) => (op.Positive, op.Negative) switch
        {
            (true, true) => f.Equal(f.Abs(x), f.Number(double.PositiveInfinity)),
            (true, false) => f.Equal(x, f.Number(double.PositiveInfinity)),
            (false, true) => f.Equal(x, f.Number(double.NegativeInfinity)),
            _ => f.Less(f.Number(0), f.Number(0)),
        });
    }

    public static void Unary<TOp>(ExportTable table, BuiltinOperator op, OptionsKind kind = OptionsKind.None) where TOp : Op =>
        table.Add<TOp>((n, _) => n.Result(op, n.Ins(), kind), (node, _) => node.Output.Element == DType.Float32);

    /// <summary>An op of one number that several operators compute.</summary>
    public static void Formula<TOp>(ExportTable table, Func<Formula, TOp, Formula.Term, Formula.Term> formula, params DType[] types) where TOp : Op =>
        table.Add<TOp>((n, op) => new Formula(n).Write((f, x) => formula(f, op, x)), (node, _) => (types.Length > 0 ? types : [DType.Float32]).Contains(node.Output.Element));

    public static void Formula<TOp>(ExportTable table, Func<Formula, Formula.Term, Formula.Term> formula, params DType[] types) where TOp : Op =>
        Formula<TOp>(table, (f, _, x) => formula(f, x), types);

    private static void FormulaOfBool<TOp>(ExportTable table, Func<Formula, TOp, Formula.Term, Formula.Term> formula) where TOp : Op =>
        table.Add<TOp>((n, op) => new Formula(n).Write((f, x) => formula(f, op, x)), (node, _) => node.Inputs[0].Element == DType.Float32);
}
