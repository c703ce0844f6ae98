using Lathe.Loops;
using Lathe.Loops.Managed;
using Lathe.Tensors;

namespace Lathe.Tests.Loops;

public class ExpandHalfCastsTests
{
    [Fact]
    public void EveryFloat16AndBFloat16Widens()
    {
        var bits = Enumerable.Range(0, 65536).Select(i => (ushort)i).ToArray();
        foreach (string half in (string[])["f16", "bf16"])
        {
            var singles = Run<float>($"kernel k(x: {half}[65536]) -> (y: f32[65536]) {{ for i in 0..65536 {{ y[i] = f32(x[i]) }} }}", Tensor.Vector<ushort>(bits), DType.Float32, 65536);
            for (int i = 0; i < 65536; i++)
            {
                float expected = half == "f16" ? (float)BitConverter.UInt16BitsToHalf(bits[i]) : BFloat16Bits.ToSingle(bits[i]);
                Assert.True(float.IsNaN(expected) ? float.IsNaN(singles[i]) : BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(singles[i]), $"{half} {i:X4}");
            }
        }
    }

    [Fact]
    public void SinglesNarrowToTheNearest()
    {
        var random = new Random(9);
        var singles = new List<float> { 0, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, 65504, 65519.996f, 65520, 65536, float.Epsilon, 3.4e38f };
        for (int i = 0; i < 65536; i++)
        {
            // Every f16 and bf16, the ties between neighbours, and what lies beside both.
            float f16 = (float)BitConverter.UInt16BitsToHalf((ushort)i), next = (float)BitConverter.UInt16BitsToHalf((ushort)(i + 1)), bf16 = BFloat16Bits.ToSingle((ushort)i);
            float tie = (float)((f16 + (double)next) / 2), tieOfBf16 = BitConverter.Int32BitsToSingle((i << 16) | 0x8000);
            foreach (float x in (float[])[f16, tie, bf16, tieOfBf16])
                singles.AddRange([x, MathF.BitIncrement(x), MathF.BitDecrement(x)]);
            singles.Add(BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)));
        }
        int count = singles.Count;
        foreach (string half in (string[])["f16", "bf16"])
        {
            var bits = Run<ushort>($"kernel k(x: f32[{count}]) -> (y: {half}[{count}]) {{ for i in 0..{count} {{ y[i] = {half}(x[i]) }} }}", Tensor.Vector<float>([.. singles]), DType.UInt16, count);
            for (int i = 0; i < count; i++)
            {
                ushort expected = half == "f16" ? BitConverter.HalfToUInt16Bits((Half)singles[i]) : BFloat16Bits.FromSingle(singles[i]);
                bool same = float.IsNaN(singles[i]) ? IsNaN(half, bits[i]) : expected == bits[i];
                Assert.True(same, $"{half} of {singles[i]:R} is {bits[i]:X4}, expected {expected:X4}");
            }
        }
    }

    [Fact]
    public void ExpressionsOfHalvesKeepTheirMeaning()
    {
        var kernel = LoopText.ParseKernel("""
            kernel k(x: f16[8], w: bf16[8]) -> (y: f16[8], z: bf16[8], n: i32[8]) {
              local t: f16[8] {
                t[ramp(0, 1, 8)] = f16(f32(x[ramp(0, 1, 8)]) * broadcast(3f32, 8))
                for i in 0..8 {
                  let h = select(i < 2, 1.5f16, x[i]) {
                    y[i] = (let g = t[i] in f16(f32(g) + f32(h)))
                    z[i] = bf16(f16(f64(w[i]) * 2f64))
                    n[i] = i32(h) + i32(bits.u16(x[i])) + i32(bits.i16(h))
                  }
                  y[7] = bits.f16(15360u16)
                }
              }
            }
            """);
        KernelVerifier.Verify(kernel);
        var expanded = ExpandHalfCasts.Run(kernel);
        KernelVerifier.Verify(expanded);
        Assert.DoesNotContain("f16", LoopText.Print(expanded), StringComparison.Ordinal);
        var x = Tensor.Vector((Half)0.1, (Half)(-2.5), (Half)6e-8, (Half)1000, (Half)30000, (Half)(-0.0), (Half)7, (Half)1.0009766);
        var w = Tensor.Zeros(DType.BFloat16, Shape.Of(8));
        for (int i = 0; i < 8; i++)
            w.SetDouble(i, (i - 3) * 1.37);
        var expected = Outputs(kernel, x, w, DType.Float16, DType.BFloat16);
        var actual = Outputs(expanded, Bits(x), Bits(w), DType.UInt16, DType.UInt16);
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void KernelsWithoutHalvesStayAsTheyAre()
    {
        var kernel = LoopText.ParseKernel("kernel k(x: f32[8]) -> (y: i32[8]) { for i in 0..8 { y[i] = i32(x[i]) } }");
        Assert.Equal(kernel, ExpandHalfCasts.Run(kernel));
    }

    private static bool IsNaN(string half, ushort bits) =>
        half == "f16" ? Half.IsNaN(BitConverter.UInt16BitsToHalf(bits)) : float.IsNaN(BFloat16Bits.ToSingle(bits));

    private static Tensor Bits(Tensor tensor) => new(DType.UInt16, tensor.Shape, tensor.Bytes);

    private static List<byte> Outputs(Kernel kernel, Tensor x, Tensor w, DType typeOfY, DType typeOfZ)
    {
        Tensor[] outputs = [Tensor.Zeros(typeOfY, x.Shape), Tensor.Zeros(typeOfZ, x.Shape), Tensor.Zeros(DType.Int32, x.Shape)];
        ManagedKernel.Compile(kernel).Run([x, w, .. outputs]);
        return [.. outputs.SelectMany(t => t.Bytes.ToArray())];
    }

    private static T[] Run<T>(string text, Tensor input, DType output, int count) where T : unmanaged
    {
        var kernel = ExpandHalfCasts.Run(LoopText.ParseKernel(text));
        KernelVerifier.Verify(kernel);
        var result = Tensor.Zeros(output, Shape.Of(count));
        ManagedKernel.Compile(kernel).Run([input, result]);
        return result.Span<T>().ToArray();
    }
}
