using Lathe.Loops;
using Lathe.Loops.Managed;
using Lathe.Tensors;

namespace Lathe.Tests.Loops.Managed;

public class ManagedOperatorTests
{
    public static TheoryData<DType, bool> Types
    {
        get
        {
            var data = new TheoryData<DType, bool>();
            foreach (var type in DTypes.All)
            {
                data.Add(type, false);
                data.Add(type, true);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void ComputesBinaryOperations(DType type, bool interpret)
    {
        var (a, b) = OperatorCases.Pairs(type);
        foreach (var op in Enum.GetValues<BinaryOp>())
        {
            if (!Defined(op, type))
                continue;
            var y = Run(type, interpret, x => Build.Binary(op, x[0], x[1]), a, b);
            for (long i = 0; i < a.Count; i++)
            {
                if (type.IsFloat)
                {
                    if (OperatorCases.Expected(op, a.GetDouble(i), b.GetDouble(i), type) is { } real)
                        OperatorCases.AssertSame(OperatorCases.Round(real, type), y.GetDouble(i), $"{a.GetDouble(i)} {op} {b.GetDouble(i)}");
                }
                else if (OperatorCases.Expected(op, OperatorCases.Integer(a, i), OperatorCases.Integer(b, i), type) is { } whole)
                {
                    Assert.True(
                        Build.Wrap(unchecked((long)(ulong)whole), type) == y.GetInt64(i), $"{a.GetInt64(i)} {op} {b.GetInt64(i)} was {y.GetInt64(i)}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void DividesByConstants(DType type, bool interpret)
    {
        if (!type.IsInteger)
            return;
        var a = OperatorCases.Values(type);
        foreach (var op in new[] { BinaryOp.Div, BinaryOp.Rem, BinaryOp.FloorDiv, BinaryOp.FloorMod })
        {
            foreach (int divisor in new[] { 1, 2, 3, 5, 8, 64, 100 })
            {
                var y = Run(type, interpret, x => new Binary(op, x[0], new IntConst(divisor, type)), a);
                for (long i = 0; i < a.Count; i++)
                {
                    var expected = OperatorCases.Expected(op, OperatorCases.Integer(a, i), divisor, type)!.Value;
                    Assert.True(
                        Build.Wrap(unchecked((long)(ulong)expected), type) == y.GetInt64(i), $"{a.GetInt64(i)} {op} {divisor} was {y.GetInt64(i)}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void ComputesUnaryOperations(DType type, bool interpret)
    {
        var a = OperatorCases.Values(type);
        foreach (var op in Enum.GetValues<UnaryOp>())
        {
            if (type.IsFloat ? op == UnaryOp.Not : op is not (UnaryOp.Not or UnaryOp.Neg or UnaryOp.Abs) || (type == DType.Bool && op != UnaryOp.Not))
                continue;
            var y = Run(type, interpret, x => Build.Unary(op, x[0]), a);
            for (long i = 0; i < a.Count; i++)
            {
                double x = a.GetDouble(i);
                if (!type.IsFloat)
                {
                    long whole = a.GetInt64(i);
                    long expected = op switch
                    {
                        UnaryOp.Neg => -whole,
                        UnaryOp.Not => type == DType.Bool ? 1 - whole : ~whole,
                        _ => whole < 0 && type.IsSigned ? -whole : whole,
                    };
                    Assert.True(Build.Wrap(expected, type) == y.GetInt64(i), $"{op} {whole} was {y.GetInt64(i)}");
                    continue;
                }
                double real = op switch
                {
                    UnaryOp.Neg => -x,
                    UnaryOp.Abs => Math.Abs(x),
                    UnaryOp.Sqrt => Math.Sqrt(x),
                    UnaryOp.Floor => Math.Floor(x),
                    UnaryOp.Ceil => Math.Ceiling(x),
                    UnaryOp.Reciprocal => 1 / x,
                    UnaryOp.RoundEven => Math.Round(x, MidpointRounding.ToEven),
                    _ => Math.Truncate(x),
                };
                OperatorCases.AssertSame(OperatorCases.Round(real, type), y.GetDouble(i), $"{op} {x}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Compares(DType type, bool interpret)
    {
        var (a, b) = OperatorCases.Pairs(type);
        foreach (var op in Enum.GetValues<CompareOp>())
        {
            var y = Run(DType.Bool, interpret, x => new Compare(op, x[0], x[1]), a, b);
            for (long i = 0; i < a.Count; i++)
            {
                var (p, q) = (OperatorCases.Integer(a, i), OperatorCases.Integer(b, i));
                var (u, v) = (a.GetDouble(i), b.GetDouble(i));
                bool expected = op switch
                {
                    CompareOp.Equal => type.IsFloat ? u == v : p == q,
                    CompareOp.NotEqual => type.IsFloat ? u != v : p != q,
                    CompareOp.Less => type.IsFloat ? u < v : p < q,
                    _ => type.IsFloat ? u <= v : p <= q,
                };
                Assert.True(expected == (y.GetInt64(i) != 0), $"{u} {op} {v}");
            }
            var chosen = Run(type, interpret, x => Build.Select(new Compare(op, x[0], x[1]), x[0], x[1]), a, b);
            for (long i = 0; i < a.Count; i++)
            {
                var from = y.GetInt64(i) != 0 ? a : b;
                OperatorCases.AssertSame(from.GetDouble(i), chosen.GetDouble(i), $"select by {op}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Casts(DType from, bool interpret)
    {
        var a = OperatorCases.Values(from);
        foreach (var to in DTypes.All)
        {
            var y = Run(to, interpret, x => Build.Cast(to, x[0]), a);
            for (long i = 0; i < a.Count; i++)
            {
                double x = a.GetDouble(i);
                string what = $"{from.Name} {x} to {to.Name}";
                if (to == DType.Bool)
                    Assert.True((x != 0) == (y.GetInt64(i) != 0), what);
                else if (to.IsFloat)
                    OperatorCases.AssertSame(from.IsFloat ? OperatorCases.Round(x, to) : FromInteger(OperatorCases.Integer(a, i), to), y.GetDouble(i), what);
                else if (from.IsFloat)
                    Assert.True(Saturated(x, to) == y.GetInt64(i), $"{what} was {y.GetInt64(i)}");
                else
                    Assert.True(Build.Wrap(a.GetInt64(i), to) == y.GetInt64(i), $"{what} was {y.GetInt64(i)}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Bitcasts(DType from, bool interpret)
    {
        if (from.IsHalf)
            return;
        var a = OperatorCases.Values(from);
        foreach (var to in DTypes.All.Where(t => t.Size == from.Size && !t.IsHalf && t != DType.Bool))
        {
            var y = Run(to, interpret, x => new Bitcast(to, x[0]), a);
            Assert.True(a.Bytes.Span.SequenceEqual(y.Bytes.Span), $"{from.Name} to {to.Name}");
        }
    }

    [Theory]
    [InlineData(DType.Float16, DType.UInt16)]
    [InlineData(DType.BFloat16, DType.Int16)]
    public void BitcastsHalves(DType half, DType integer)
    {
        var a = OperatorCases.Values(half);
        var bits = Run(integer, false, x => new Bitcast(integer, x[0]), a);
        var back = Run(half, false, x => new Bitcast(half, x[0]), bits);
        for (long i = 0; i < a.Count; i++)
        {
            if (!double.IsNaN(a.GetDouble(i)))
                Assert.Equal(a.Reshape(a.Shape).Bytes.Span.Slice((int)i * 2, 2), bits.Bytes.Span.Slice((int)i * 2, 2));
            OperatorCases.AssertSame(a.GetDouble(i), back.GetDouble(i), "there and back");
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void KeepsConstants(DType type, bool interpret)
    {
        var values = OperatorCases.Values(type);
        for (long i = 0; i < values.Count; i++)
        {
            Expr constant = type.IsFloat ? new FloatConst(values.GetDouble(i), type) : new IntConst(values.GetInt64(i), type);
            var y = Run(type, interpret, x => constant, Tensor.Zeros(type, Shape.Of(1)));
            Assert.True(values.Bytes.Span.Slice((int)i * type.Size, type.Size).SequenceEqual(y.Bytes.Span) || double.IsNaN(values.GetDouble(i)), constant.ToString());
        }
    }

    private static bool Defined(BinaryOp op, DType type) => op switch
    {
        BinaryOp.And or BinaryOp.Or or BinaryOp.Xor => !type.IsFloat,
        BinaryOp.Min or BinaryOp.Max => true,
        BinaryOp.FloorDiv or BinaryOp.FloorMod or BinaryOp.Shl or BinaryOp.Shr => type.IsInteger,
        _ => type != DType.Bool,
    };

    private static Tensor Run(DType type, bool interpret, Func<Expr[], Expr> value, params Tensor[] inputs)
    {
        int n = (int)inputs[0].Count;
        var y = Tensor.Zeros(type, Shape.Of(n));
        var kernel = KernelSamples.Map(n, 1, type, inputs.Select(t => t.Type).ToEquatableArray(), value);
        ManagedKernel.Compile(kernel, interpret).Run([.. inputs, y]);
        return y;
    }

    private static double FromInteger(Int128 value, DType to) => to switch
    {
        DType.Float64 => (double)value,
        DType.Float32 => (float)value,
        _ => OperatorCases.Round((float)value, to),
    };

    private static long Saturated(double value, DType to)
    {
        if (double.IsNaN(value))
            return 0;
        var (low, high) = (Limit(Build.Lowest(to), to), Limit(Build.Highest(to), to));
        double whole = Math.Truncate(value);
        return unchecked((long)(ulong)(whole <= (double)low ? low : whole >= (double)high ? high : (Int128)whole));
    }

    private static Int128 Limit(Expr e, DType type) => type == DType.UInt64 ? (ulong)((IntConst)e).Value : ((IntConst)e).Value;
}
