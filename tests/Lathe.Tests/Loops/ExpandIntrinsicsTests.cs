using Lathe.Loops;
using Lathe.Loops.Managed;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Tests.Loops;

/// <summary>Expanded code, run by the managed evaluator, against the system's functions in double precision.</summary>
public class ExpandIntrinsicsTests
{
    private static readonly double[] Edges =
    [
        0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 0.625, 0.41421356, 2.4142137, Math.PI / 2, Math.PI, -Math.PI / 4, 3.92, 4, 6, 1e-5, -1e-5, 1e-20, -1e-20,
        float.Epsilon, -float.Epsilon, 1e-39, -1e-39, 1.17549435e-38, 88, 88.7, 88.72284, 88.73, 89, 89.4, -87.3, -88, -100, -103.9, -104, -200, 709.7, 709.79,
        710.4, 711, -708.4, -745.1, -745.2, -746, -1000, 1e10, -1e10, 1e30, -1e30, float.MaxValue, -float.MaxValue, double.Epsilon, 1e-310, double.MaxValue,
        double.PositiveInfinity, double.NegativeInfinity, double.NaN, 0.99999994, -0.99999994, 1.0000001,
    ];

    private const double LeastNormal = 1.1754943508222875e-38;

    public static TheoryData<Intrinsic, double, double> Functions => new()
    {
        { Intrinsic.Exp, 2, 110 }, { Intrinsic.Log, 2, 100 }, { Intrinsic.Tanh, 2, 12 }, { Intrinsic.Sigmoid, 2, 110 }, { Intrinsic.Erf, 4, 5 },
        { Intrinsic.Sin, 4, 1e5 }, { Intrinsic.Cos, 4, 1e5 }, { Intrinsic.Tan, 4, 1e5 }, { Intrinsic.Asin, 4, 1 }, { Intrinsic.Acos, 4, 1 },
        { Intrinsic.Atan, 4, 10 }, { Intrinsic.Sinh, 4, 95 }, { Intrinsic.Cosh, 4, 95 }, { Intrinsic.Asinh, 4, 100 }, { Intrinsic.Acosh, 4, 100 },
        { Intrinsic.Atanh, 4, 1 },
    };

    [Theory]
    [MemberData(nameof(Functions))]
    public void SingleIsWithinUlps(Intrinsic function, double ulps, double range)
    {
        var inputs = Inputs(function, range, x => (float)x);
        var outputs = Run(function, DType.Float32, inputs.Select(x => (float)x).ToArray());
        double worst = 0;
        for (int i = 0; i < inputs.Length; i++)
        {
            worst = Math.Max(worst, Ulps(function, inputs[i], outputs[i], ulps));
        }
        Assert.InRange(worst, 0, ulps);
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void DoubleIsWithinTenToTheMinusThirteen(Intrinsic function, double ulps, double range)
    {
        Assert.True(ulps > 0);
        var inputs = Inputs(function, function is Intrinsic.Exp or Intrinsic.Sigmoid or Intrinsic.Sinh or Intrinsic.Cosh ? 700 : range, x => x);
        var outputs = Run(function, DType.Float64, inputs);
        for (int i = 0; i < inputs.Length; i++)
            CloseTo(outputs[i], Reference(function, inputs[i]), $"{function}({inputs[i]:R})");
    }

    /// <summary>Absolute errors: the small side is not relatively exact.</summary>
    [Fact]
    public void NormalCdfIsWithinItsErrors()
    {
        var inputs = Inputs(Intrinsic.NormalCdf, 7, x => (float)x);
        var single = Run(Intrinsic.NormalCdf, DType.Float32, inputs.Select(x => (float)x).ToArray());
        var twice = Run(Intrinsic.NormalCdf, DType.Float64, inputs);
        for (int i = 0; i < inputs.Length; i++)
        {
            double expected = Lathe.Loops.Managed.Functions.NormalCdf(inputs[i]);
            Assert.True(double.IsNaN(expected) ? float.IsNaN(single[i]) : Math.Abs(single[i] - expected) <= 1.5e-7 && single[i] is >= 0 and <= 1, $"{inputs[i]:R}: {single[i]:R}, expected {expected:R}");
            // As a factor of its argument, as in GELU.
            Assert.True(!(Math.Abs(inputs[i]) < 1e30) || Math.Abs((single[i] - expected) * inputs[i]) <= 3e-7 * Math.Max(1, expected * inputs[i]));
            Assert.True(double.IsNaN(expected) ? double.IsNaN(twice[i]) : Math.Abs(twice[i] - expected) <= 1e-15);
        }
    }

    [Fact]
    public void PowHasTheSpecialValuesAndPrecision()
    {
        double[] specials =
        [
            0, -0.0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 1.5, -1.5, 7, -7, 1e-5, 1e5, 1e300, -1e300, 4503599627370497, 9007199254740992, 127, -149, 1e-310, 0.999999,
            1.000001, double.PositiveInfinity, double.NegativeInfinity, double.NaN, double.Epsilon, double.MaxValue, 1e30, 1e-30, -1e-30,
        ];
        var pairs = specials.SelectMany(x => specials.Select(y => (X: x, Y: y))).ToList();
        var random = new Random(5);
        for (int i = 0; i < 40_000; i++)
        {
            double x = Math.Pow(10, (random.NextDouble() * 80) - 40), limit = 90 / Math.Abs(Math.Log(x));
            pairs.Add((i % 5 == 0 ? -x : x, i % 5 == 0 ? Math.Round(((random.NextDouble() * 2) - 1) * limit) : ((random.NextDouble() * 2) - 1) * limit));
            pairs.Add((0.5 + random.NextDouble(), (random.NextDouble() - 0.5) * 1000));
        }
        var wide = RunPow(DType.Float64, [.. pairs.Select(p => p.X)], [.. pairs.Select(p => p.Y)]);
        var narrow = RunPow(DType.Float32, [.. pairs.Select(p => (float)p.X)], [.. pairs.Select(p => (float)p.Y)]);
        for (int i = 0; i < pairs.Count; i++)
        {
            string call = $"pow({pairs[i].X:R}, {pairs[i].Y:R})";
            CloseTo(wide[i], Math.Pow(pairs[i].X, pairs[i].Y), call);
            Ulps(narrow[i], Math.Pow((float)pairs[i].X, (float)pairs[i].Y), call, 1);
        }
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void VectorsGiveWhatScalarsGive(Intrinsic function, double ulps, double range)
    {
        Assert.True(ulps > 0);
        foreach (var type in (DType[])[DType.Float32, DType.Float64])
        {
            Buffer x = new("x", type, [16]), y = new("y", type, [16]);
            var all = new Expr[] { Build.Lane(0, 16) };
            var kernel = ExpandIntrinsics.Run(new Kernel("vector", [x], [y], [], y.Store(all, Build.Call(function, x[all]))));
            KernelVerifier.Verify(kernel);
            var input = Tensor.Zeros(type, Shape.Of(16));
            for (int i = 0; i < 16; i++)
                input.SetDouble(i, (i - 7.5) / 8 * range);
            var output = Tensor.Zeros(type, Shape.Of(16));
            ManagedKernel.Compile(kernel).Run([input, output]);
            var scalars = type == DType.Float32
                ? Run(function, type, input.Span<float>().ToArray()).Select(v => (double)v).ToArray()
                : Run(function, type, input.Span<double>().ToArray());
            Assert.Equal(scalars, output.ToDoubleArray());
        }
    }

    [Fact]
    public void CallsInsideCallsAreExpandedAndFmaStays()
    {
        var x = new Buffer("x", DType.Float32, [2]);
        var expr = ExpandIntrinsics.Run(LoopText.ParseExpr("fma(exp(log(x[0])), tanh(x[1]), x[0])", [x]));
        Assert.DoesNotContain(expr.Descendants(), e => e is Call { Function: not Intrinsic.Fma });
        Assert.Contains(expr.Descendants(), e => e is Call { Function: Intrinsic.Fma });
        var names = expr.Descendants().OfType<Let>().Select(l => l.Name.Name).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
    }

    [Fact(Timeout = 60_000)]
    public async Task PassesOverDeepExpansionsTakeTimeInProportion()
    {
        var x = new Buffer("x", DType.Float32, [64]);
        var y = new Buffer("y", DType.Float32, [64]);
        Expr[] lanes = [Build.Lane(0, 64)];
        var value = x[lanes];
        for (int i = 0; i < 12; i++)
            value = Build.Call(Intrinsic.Pow, Build.Call(Intrinsic.Tanh, Build.Call(Intrinsic.Erf, value)), new FloatConst(2.5, DType.Float32));
        await Task.Run(() =>
        {
            var kernel = ExpandIntrinsics.Run(new Kernel("deep", [x], [y], [], y.Store(lanes, value)));
            kernel = UnrollLoops.Run(Simplifier.Run(ExpandHalfCasts.Run(kernel)));
            KernelVerifier.Verify(kernel);
            Assert.Equal(kernel, LoopText.ParseKernel(LoopText.Print(kernel)));
        });
    }

    [Theory]
    [InlineData(Intrinsic.Sin)]
    [InlineData(Intrinsic.Cos)]
    public void HugeAnglesStayInRange(Intrinsic function)
    {
        float[] inputs = [1e7f, 1e9f, -1e12f, 1e20f, 3e38f, float.MaxValue, -float.MaxValue];
        Assert.All(Run(function, DType.Float32, inputs), y => Assert.InRange(y, -1f, 1f));
    }

    internal static double[] Inputs(Intrinsic function, double range, Func<double, double> round)
    {
        var random = new Random(3);
        IEnumerable<double> inputs = Edges;
        if (function is Intrinsic.Sin or Intrinsic.Cos or Intrinsic.Tan)
            inputs = inputs.Where(x => !double.IsFinite(x) || Math.Abs(x) < 1e5);
        inputs = inputs.Concat(Enumerable.Range(0, 30_000).Select(_ => ((random.NextDouble() * 2) - 1) * range));
        inputs = inputs.Concat(Enumerable.Range(0, 30_000).Select(_ => ((random.NextDouble() * 2) - 1) * Math.Min(range, 3)));
        inputs = inputs.Concat(Enumerable.Range(0, 20_000).Select(_ => (random.Next(2) == 0 ? -range : range) * Math.Pow(10, -40 * random.NextDouble())));
        if (function is Intrinsic.Log or Intrinsic.Acosh or Intrinsic.Asinh)
            inputs = inputs.Concat(Enumerable.Range(0, 20_000).Select(_ => Math.Pow(10, (76 * random.NextDouble()) - 38)));
        return inputs.Select(round).ToArray();
    }

    /// <summary>By how many units in the last place a function's result is off. What exp and sigmoid give below the normal numbers may be 0.</summary>
    internal static double Ulps(Intrinsic function, double input, float actual, double limit)
    {
        double expected = Reference(function, input);
        if (function is Intrinsic.Exp or Intrinsic.Sigmoid && expected is > 0 and < LeastNormal)
        {
            Assert.InRange(actual, 0, (float)LeastNormal);
            return 0;
        }
        return Ulps(actual, expected, $"{function}({input:R})", limit);
    }

    private static double Ulps(float actual, double expected, string call, double limit)
    {
        if (!double.IsFinite((float)expected) || expected == 0)
        {
            // At the edge of overflow, the largest float and infinity are one unit apart.
            bool edge = float.IsInfinity((float)expected) && double.IsFinite(expected) && Math.Abs(actual) == float.MaxValue && Math.Sign(actual) == Math.Sign(expected);
            Assert.True(edge || ((float)expected).Equals(actual), $"{call} is {actual:R}, expected {expected:R}");
            Assert.True(double.IsNaN(expected) || float.IsNegative(actual) == double.IsNegative(expected), $"{call} has the wrong sign");
            return 0;
        }
        float near = (float)expected;
        double ulp = Math.Max(float.Epsilon, Math.Abs((double)MathF.BitIncrement(near) - near));
        double error = Math.Abs(actual - expected) / ulp;
        Assert.True(error <= limit, $"{call} is {actual:R}, expected {expected:R}: {error:F2} ulp");
        return error;
    }

    internal static void CloseTo(double actual, double expected, string call)
    {
        if (!double.IsFinite(expected) || expected == 0)
        {
            Assert.True(expected.Equals(actual), $"{call} is {actual:R}, expected {expected:R}");
            Assert.True(double.IsNaN(expected) || double.IsNegative(actual) == double.IsNegative(expected), $"{call} has the wrong sign");
            return;
        }
        double error = Math.Abs(actual - expected);
        Assert.True(error <= Math.Max(1e-13 * Math.Abs(expected), 2 * double.Epsilon), $"{call} is {actual:R}, expected {expected:R}: off by {error / Math.Abs(expected):G3}");
    }

    internal static double Reference(Intrinsic function, double x) => function switch
    {
        Intrinsic.Exp => Math.Exp(x),
        Intrinsic.Log => Math.Log(x),
        Intrinsic.Sin => Math.Sin(x),
        Intrinsic.Cos => Math.Cos(x),
        Intrinsic.Tan => Math.Tan(x),
        Intrinsic.Asin => Math.Asin(x),
        Intrinsic.Acos => Math.Acos(x),
        Intrinsic.Atan => Math.Atan(x),
        Intrinsic.Sinh => Math.Sinh(x),
        Intrinsic.Cosh => Math.Cosh(x),
        Intrinsic.Tanh => Math.Tanh(x),
        Intrinsic.Asinh => Math.Asinh(x),
        Intrinsic.Acosh => Math.Acosh(x),
        Intrinsic.Atanh => Math.Atanh(x),
        Intrinsic.Erf => Lathe.Loops.Managed.Functions.Erf(x),
        _ => Lathe.Loops.Managed.Functions.Sigmoid(x),
    };

    private static T[] Run<T>(Intrinsic function, DType type, params T[][] inputs) where T : unmanaged
    {
        int count = inputs[0].Length;
        var buffers = inputs.Select((_, i) => new Buffer($"x{i}", type, [count])).ToArray();
        var y = new Buffer("y", type, [count]);
        var body = For.Of("i", count, LoopKind.Serial, i => y.Store([i], Build.Call(function, [.. buffers.Select(b => b[i])])));
        var kernel = ExpandIntrinsics.Run(new Kernel("scalar", buffers, [y], [], body));
        KernelVerifier.Verify(kernel);
        var output = Tensor.Zeros(type, Shape.Of(count));
        ManagedKernel.Compile(kernel).Run([.. inputs.Select(x => Tensor.Vector<T>(x)), output]);
        return output.Span<T>().ToArray();
    }

    private static T[] RunPow<T>(DType type, T[] x, T[] y) where T : unmanaged => Run(Intrinsic.Pow, type, x, y);
}
