using Lathe.Loops;
using Lathe.Loops.Managed;
using Lathe.Targets.Llvm;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Tests.Targets.Llvm;

/// <summary>Expanded intrinsics compiled for machines with and without fused multiply-add, against the managed target's functions.</summary>
public sealed class IntrinsicTests
{
    private const int Count = 1024;

    [LlvmTheory]
    [InlineData(DType.Float32, 2e-6, 1e-7)]
    [InlineData(DType.Float64, 1e-12, 1e-15)]
    public void Equal_the_managed_functions(DType type, double relative, double absolute)
    {
        var functions = Enum.GetValues<Intrinsic>().Where(f => f != Intrinsic.Fma).ToList();
        var (x, y) = (new Buffer("x", type, [Count]), new Buffer("y", type, [Count]));
        var outputs = functions.Select(f => new Buffer(f.ToString(), type, [Count])).ToEquatableArray();
        var body = For.Of("i", Count / 8, LoopKind.Serial, i =>
        {
            var at = Lathe.Loops.Build.Lane(i * 8, 8);
            return Stmt.Sequence(functions.Select((f, k) => outputs[k].Store([at],
                f == Intrinsic.Pow ? Lathe.Loops.Build.Call(f, x[at], y[at]) : Lathe.Loops.Build.Call(f, x[at]))));
        });
        var kernel = new Kernel("functions", [x, y], outputs, [], body);
        var inputs = new[] { Tensor.Zeros(type, [Count]), Tensor.Zeros(type, [Count]) };
        var random = new Random(3);
        for (int i = 0; i < Count; i++)
        {
            inputs[0].SetDouble(i, i < 512 ? (i - 256) / 32.0 : (random.NextDouble() - 0.5) * 60);
            inputs[1].SetDouble(i, (random.NextDouble() - 0.5) * 8);
        }
        var expected = outputs.Select(b => Tensor.Zeros(type, [Count])).ToList();
        ManagedKernel.Compile(kernel).Run([.. inputs, .. expected]);
        var expanded = ExpandIntrinsics.Run(kernel);
        Parallel.ForEach(LlvmRunner.RunnableTargets, target =>
        {
            var actual = LlvmRunner.Run(expanded, target, inputs);
            for (int k = 0; k < functions.Count; k++)
            {
                for (int i = 0; i < Count; i++)
                {
                    double want = expected[k].GetDouble(i), got = actual[k].GetDouble(i);
                    bool isClose = want.Equals(got) || Math.Abs(want - got) <= absolute + (relative * Math.Abs(want));
                    if (!isClose)
                        Assert.Fail($"{functions[k]}({inputs[0].GetDouble(i):R}, {inputs[1].GetDouble(i):R}) on {target.Cpu}: {want:R} expected, {got:R} found");
                }
            }
        });
    }
}
