using Lathe.Loops;
using Lathe.Loops.Managed;
using Lathe.Targets.Llvm;
using Lathe.Tensors;

namespace Lathe.Tests.Targets.Llvm;

/// <summary>Floors of multiply-adds and packing to bytes, by vectors of several widths, on all levels of this machine's instructions.</summary>
public sealed class PackingTests
{
    [LlvmTheory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    public void Equal_the_managed_target(int lanes)
    {
        const int count = 64;
        string vector = $"ramp(i * {lanes}, 1, {lanes})", bytes = $"ramp(i * {4 * lanes}, 1, {4 * lanes})";
        string At(int from) => $"n[ramp(i * {4 * lanes} + {from * lanes}, 1, {lanes})]";
        string pack(string type) => $"pack.{type}({At(0)}, {At(1)}, {At(2)}, {At(3)})";
        var kernel = LoopText.ParseKernel($$"""
            kernel k(a: f32[{{count}}], b: f32[{{count}}], c: f32[{{count}}], n: i32[{{count}}]) -> (f: i32[{{count}}], u: u8[{{count}}], s: i8[{{count}}]) {
              for i in 0..{{count / lanes}} { f[{{vector}}] = floorfma(a[{{vector}}], b[{{vector}}], c[{{vector}}]) }
              for i in 0..{{count}} { u[i] = 0u8  s[i] = 0i8 }
              for i in 0..{{count / (4 * lanes)}} { u[{{bytes}}] = {{pack("u8")}}  s[{{bytes}}] = {{pack("i8")}} }
            }
            """);
        var random = new Random(lanes);
        float[] a = new float[count], b = new float[count], c = new float[count];
        int[] n = new int[count];
        for (int i = 0; i < count; i++)
        {
            (a[i], b[i]) = (random.Next(-1 << 24, 1 << 24), MathF.ScaleB(1 + random.NextSingle(), random.Next(-20, 4)));
            // Whole numbers, a little less, a little more, and what no i32 holds.
            c[i] = (i % 4) switch { 0 => -a[i] * b[i], 1 => random.NextSingle(), 2 => MathF.ScaleB(-1, -60), _ => random.Next(-9, 9) };
            if (i % 8 == 2)
                (a[i], b[i]) = (random.Next(-99, 99), 1);
            n[i] = (i % 3) switch { 0 => random.Next(-300, 300), 1 => random.Next(-70_000, 70_000), _ => random.Next(int.MinValue, int.MaxValue) };
        }
        Tensor[] inputs = [Tensor.Vector<float>(a), Tensor.Vector<float>(b), Tensor.Vector<float>(c), Tensor.Vector<int>(n)];
        var expected = kernel.Outputs.Select(o => Tensor.Zeros(o.Element, Shape.Of(o.Shape))).ToList();
        ManagedKernel.Compile(kernel).Run([.. inputs, .. expected]);

        foreach (var target in LlvmRunner.RunnableTargets)
            Assert.All(expected.Zip(LlvmRunner.Run(kernel, target, inputs)), pair => Assert.Equal(pair.First.ToInt64Array(), pair.Second.ToInt64Array()));
        Assert.Equal(Enumerable.Range(0, count).Select(i => Floor(a[i], b[i], c[i])), expected[0].Span<int>().ToArray());
    }

    /// <summary>In whole numbers of 2^-100, and of the result no more than 24 bits.</summary>
    private static int Floor(float a, float b, float c)
    {
        static System.Numerics.BigInteger Whole(double x, int bits) => new System.Numerics.BigInteger(Math.ScaleB(x, bits));
        var sum = (Whole(a, 0) * Whole(b, 50) << 50) + Whole(c, 100);
        var floor = sum >> 100;
        int dropped = (int)Math.Max(0, System.Numerics.BigInteger.Abs(floor).GetBitLength() - 24);
        floor = floor >> dropped << dropped;
        return floor < int.MinValue || floor > int.MaxValue ? int.MinValue : (int)floor;
    }
}
