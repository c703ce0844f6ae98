using Lathe.Loops;
using Lathe.Loops.Managed;
using Lathe.Targets.Llvm;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Tests.Targets.Llvm;

/// <summary>Whole kernels, mostly from text, against the managed target.</summary>
public sealed class KernelTests
{
    public static TheoryData<string, string> Kernels => new()
    {
        {
            "every_second", """
            kernel every_second(x: f32[37]) -> (y: f32[16], z: f32[12], w: f32[7]) {
              for i in 0..2 {
                y[ramp(i * 8, 1, 8)] = x[ramp(i * 16, 2, 8)]
              }
              for i in 0..4 {
                z[ramp(i * 3, 1, 3)] = x[ramp(i * 9, 3, 3)]
              }
              w[ramp(0, 1, 7)] = x[ramp(36, -1, 7)]
            }
            """
        },
        {
            "scatter", """
            kernel scatter(x: f32[8, 5]) -> (y: f32[5, 8]) {
              for i in 0..5 {
                y[i, ramp(0, 1, 8)] = x[ramp(0, 1, 8), i]
              }
              for i in 0..8 {
                y[ramp(0, 1, 5), i] = x[i, ramp(0, 1, 5)] + x[i, broadcast(2, 5)]
              }
            }
            """
        },
        {
            "gather", """
            kernel gather(x: f32[10, 4], at: i64[6]) -> (y: f32[6, 4]) {
              for j in 0..4 {
                y[ramp(0, 1, 6), j] = x[max(min(at[ramp(0, 1, 6)], broadcast(9, 6)), broadcast(0, 6)), j]
              }
            }
            """
        },
        {
            "guards", """
            kernel guards(x: f32[6, 6]) -> (y: f32[6, 6]) {
              parallel i in 0..6 {
                for j in 0..6 {
                  if (j < i) {
                    y[i, j] = x[j, i]
                  } else {
                    if (j == i) {
                      y[i, j] = 0f32
                    } else {
                      y[i, j] = select(i + 2 < j, x[max(min(i - 3, 5), 0), j], x[i, max(j - 7, 0)])
                    }
                  }
                }
              }
            }
            """
        },
        {
            "triangles", """
            kernel triangles(x: f32[9, 9]) -> (y: f32[9]) {
              for i in 0..9 {
                y[i] = 0f32
                for j in i..9 {
                  y[i] = y[i] + x[i, j]
                }
                for j in 3..i {
                  y[i] = y[i] - x[j, i]
                }
              }
            }
            """
        },
        {
            "sums", """
            kernel sums(x: f32[3, 17]) -> (y: f32[3, 4]) {
              for i in 0..3 {
                y[i, 0] = hmax(x[i, ramp(0, 1, 17)])
                y[i, 1] = hmin(x[i, ramp(0, 1, 13)])
                y[i, 2] = hmin((let v: f32x4 = x[i, ramp(2, 1, 4)] in v * v))
                y[i, 3] = x[i, 5]
              }
            }
            """
        },
        {
            "locals", """
            kernel locals(x: f32[6, 8], s: f32[1]) -> (y: f32[6, 8]) {
              let scale: f32 = s[0] * 2f32 {
                let wide: f32x8 = broadcast(scale, 8) {
                  local kept: f32[8] {
                    kept[ramp(0, 1, 8)] = wide
                    parallel i in 0..6 {
                      local t: f32[2, 8] {
                        unrolled a in 0..2 {
                          t[a, ramp(0, 1, 8)] = x[i, ramp(0, 1, 8)] * wide
                        }
                        for j in 0..8 {
                          y[i, j] = t[0, j] + t[1, 7 - j] * scale + kept[j]
                        }
                      }
                    }
                  }
                }
              }
            }
            """
        },
    };

    [LlvmFact]
    public void A_tiled_matrix_product_equals_the_managed_one_with_and_without_threads()
    {
        var kernel = KernelSamples.TiledMatMul(12, 96, 19, 4, 32, 8);
        foreach (var target in LlvmRunner.RunnableTargets)
        {
            Check(kernel, target, 1e-5);
        }
    }

    [LlvmTheory]
    [MemberData(nameof(Kernels))]
    public void Equals_the_managed_target(string name, string text)
    {
        var kernel = LoopText.ParseKernel(text);
        Assert.Equal(name, kernel.Name);
        KernelVerifier.Verify(kernel);
        foreach (var target in LlvmRunner.RunnableTargets)
            Check(kernel, target, 0);
    }

    private static void Check(Kernel kernel, LlvmTarget target, double tolerance)
    {
        var random = new Random(7);
        var inputs = kernel.Inputs.Select(b => Random(b, random)).ToList();
        var expected = kernel.Outputs.Select(b => Tensor.Zeros(b.Element, Shape.Of(b.Shape))).ToList();
        ManagedKernel.Compile(kernel, boundsChecked: true).Run([.. inputs, .. expected]);
        using var module = new JitModule(LlvmCompiler.Compile(LlvmRunner.ProgramOf(kernel), target));
        foreach (bool parallel in new[] { false, true })
        {
            var actual = LlvmRunner.Run(module, kernel, inputs, parallel);
            for (int k = 0; k < expected.Count; k++)
                for (long i = 0; i < expected[k].Count; i++)
                    Assert.Equal(expected[k].GetDouble(i), actual[k].GetDouble(i), tolerance);
        }
    }

    private static Tensor Random(Buffer buffer, Random random)
    {
        var tensor = Tensor.Zeros(buffer.Element, Shape.Of(buffer.Shape));
        for (long i = 0; i < tensor.Count; i++)
            tensor.SetDouble(i, buffer.Element.IsFloat ? (random.NextDouble() * 2) - 1 : random.Next(-3, 14));
        return tensor;
    }
}
