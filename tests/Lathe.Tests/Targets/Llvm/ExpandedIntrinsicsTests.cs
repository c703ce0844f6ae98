using Lathe.Loops;
using Lathe.Targets.Llvm;
using Lathe.Tensors;
using Lathe.Tests.Loops;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Tests.Targets.Llvm;

/// <summary>The polynomials in native vectors keep their precision with and without fused multiply-add.</summary>
public class ExpandedIntrinsicsTests
{
    [LlvmTheory]
    [MemberData(nameof(ExpandIntrinsicsTests.Functions), MemberType = typeof(ExpandIntrinsicsTests))]
    public void NativeVectorsAreAsPrecise(Intrinsic function, double ulps, double range)
    {
        foreach (var target in (LlvmTarget[])[LlvmTarget.Host, LlvmTarget.Parse("llvm -mcpu=x86-64")])
        {
            if (LlvmTarget.Host.Architecture != target.Architecture)
                continue;
            var singles = ExpandIntrinsicsTests.Inputs(function, range, x => (float)x);
            var y = Run(function, target, 16, singles.Select(x => (float)x).ToArray());
            for (int i = 0; i < y.Length; i++)
                ExpandIntrinsicsTests.Ulps(function, singles[i], y[i], ulps);

            var doubles = ExpandIntrinsicsTests.Inputs(function, range, x => x);
            var z = Run(function, target, 8, doubles);
            for (int i = 0; i < z.Length; i++)
                ExpandIntrinsicsTests.CloseTo(z[i], ExpandIntrinsicsTests.Reference(function, doubles[i]), $"{target}: {function}({doubles[i]:R})");
        }
    }

    [LlvmFact]
    public void Reciprocals_are_within_their_error()
    {
        var random = new Random(4);
        float[] inputs = [1, -1, 1.9999999f, 3, 8.507059e37f, -8.507059e37f, 1.1754944e-38f, 3.3895314e38f / 4, .. Enumerable.Range(0, 40_000).Select(_ => (float)Math.Pow(2, (250 * random.NextDouble()) - 125))];
        foreach (int lanes in (int[])[1, 8, 16])
        {
            float[] actual = Run(x => Build.Unary(UnaryOp.Reciprocal, x), LlvmTarget.Host, lanes, inputs);
            for (int i = 0; i < actual.Length; i++)
            {
                double exact = 1.0 / inputs[i], unit = MathF.BitIncrement(Math.Abs((float)exact)) - Math.Abs((float)exact);
                Assert.True(Math.Abs(actual[i] - exact) <= 1.5 * unit, $"{lanes} lanes: 1 / {inputs[i]:R} is {actual[i]:R}");
            }
        }
    }

    private static T[] Run<T>(Intrinsic function, LlvmTarget target, int lanes, T[] inputs) where T : unmanaged =>
        Run(x => Build.Call(function, x), target, lanes, inputs);

    private static T[] Run<T>(Func<Expr, Expr> function, LlvmTarget target, int lanes, T[] inputs) where T : unmanaged
    {
        int count = inputs.Length / lanes * lanes;
        var type = DTypes.Of<T>();
        Buffer x = new("x", type, [count]), y = new("y", type, [count]);
        var body = For.Of("i", count / lanes, LoopKind.Serial, i =>
            y.Store([Build.Lane(i * lanes, lanes)], function(x[Build.Lane(i * lanes, lanes)])));
        var kernel = Simplifier.Run(ExpandIntrinsics.Run(new Kernel("vectors", [x], [y], [], body)));
        KernelVerifier.Verify(kernel);
        return LlvmRunner.Run(kernel, target, [Tensor.Vector<T>(inputs.AsSpan(0, count))])[0].Span<T>().ToArray();
    }
}
