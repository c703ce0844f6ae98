using Lathe.Loops;
using Lathe.Loops.Managed;
using Lathe.Tensors;

namespace Lathe.Tests.Loops;

public class UnrollLoopsTests
{
    [Fact]
    public void IndicesBecomeConstants()
    {
        var kernel = LoopText.ParseKernel("""
            kernel k(x: f32[2, 4]) -> (y: f32[2, 4]) {
              unrolled i in 0..2 {
                unrolled j in 1..3 {
                  y[i, j - 1] = x[i, j * 2 - 2]
                  if i == j {
                    y[i, 0] = 0f32
                  }
                }
              }
            }
            """);
        Assert.Equal(
            """
            kernel k(x: f32[2, 4]) -> (y: f32[2, 4]) {
              y[0, 0] = x[0, 0]
              y[0, 1] = x[0, 2]
              y[1, 0] = x[1, 0]
              y[1, 0] = 0f32
              y[1, 1] = x[1, 2]
            }

            """,
            LoopText.Print(UnrollLoops.Run(kernel)));
    }

    [Fact]
    public void CopiesHaveTheirOwnNamesAndTheSameMeaning()
    {
        var kernel = LoopText.ParseKernel("""
            kernel k(x: f32[6]) -> (y: f32[6]) {
              unrolled i in 0..3 {
                local t: f32[2] {
                  unrolled j in 0..2 {
                    let a = x[i * 2 + j] {
                      let at = j {
                        t[at] = (let b = a + 1f32 in b * b)
                      }
                    }
                  }
                  for j in 0..2 {
                    y[i * 2 + j] = t[1 - j]
                  }
                }
              }
            }
            """);
        var unrolled = UnrollLoops.Run(kernel);
        KernelVerifier.Verify(unrolled);
        var bound = unrolled.Body.Descendants().SelectMany(s => s switch
        {
            For f => [f.Var.Name],
            LetStmt l => [l.Var.Name],
            Allocate a => [a.Buffer.Name],
            Store t => t.Value.Descendants().OfType<Let>().Select(l => l.Name.Name).ToArray(),
            _ => (string[])[],
        }).ToList();
        Assert.Equal(18, bound.Count);
        Assert.Equal(bound.Count, bound.Distinct().Count());
        Assert.DoesNotContain(unrolled.Body.Descendants(), s => s is For { Kind: LoopKind.Unrolled });

        var x = Tensor.Vector(1f, 2f, 3f, 4f, 5f, 6f);
        foreach (var k in (Kernel[])[kernel, unrolled])
        {
            var y = Tensor.Zeros(DType.Float32, Shape.Of(6));
            ManagedKernel.Compile(k).Run([x, y]);
            Assert.Equal([9f, 4, 25, 16, 49, 36], y.Span<float>().ToArray());
        }
    }
}
