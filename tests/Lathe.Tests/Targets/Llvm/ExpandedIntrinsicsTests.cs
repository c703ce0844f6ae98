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
                ExpandIntrinsicsTests.Ulps(y[i], ExpandIntrinsicsTests.Reference(function, singles[i]), $"{target}: {function}({singles[i]:R})", ulps);

            var doubles = ExpandIntrinsicsTests.Inputs(function, range, x => x);
            var z = Run(function, target, 8, doubles);
            for (int i = 0; i < z.Length; i++)
                ExpandIntrinsicsTests.CloseTo(z[i], ExpandIntrinsicsTests.Reference(function, doubles[i]), $"{target}: {function}({doubles[i]:R})");
        }
    }

    private static T[] Run<T>(Intrinsic function, LlvmTarget target, int lanes, T[] inputs) where T : unmanaged
    {
        int count = inputs.Length / lanes * lanes;
        var type = DTypes.Of<T>();
        Buffer x = new("x", type, [count]), y = new("y", type, [count]);
        var body = For.Of("i", count / lanes, LoopKind.Serial, i =>
            y.Store([Build.Lane(i * lanes, lanes)], Build.Call(function, x[Build.Lane(i * lanes, lanes)])));
        var kernel = Simplifier.Run(ExpandIntrinsics.Run(new Kernel("vectors", [x], [y], [], body)));
        KernelVerifier.Verify(kernel);
        return LlvmRunner.Run(kernel, target, [Tensor.Vector<T>(inputs.AsSpan(0, count))])[0].Span<T>().ToArray();
    }
}
