using Lathe.Loops;
using Lathe.Loops.Managed;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Tests.Loops.Managed;

public class ManagedKernelTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void MultipliesMatrices(bool interpret)
    {
        const int m = 5, n = 7, k = 9;
        var a = new Tensor(DType.Float32, Shape.Of(m, k), new byte[m * k * 4]);
        var b = new Tensor(DType.Float32, Shape.Of(k, n), new byte[k * n * 4]);
        for (int i = 0; i < m * k; i++)
            a.SetDouble(i, (i % 11) - 5);
        for (int i = 0; i < k * n; i++)
            b.SetDouble(i, (i % 7) - 3);
        var c = Tensor.Zeros(DType.Float32, Shape.Of(m, n));

        ManagedKernel.Compile(KernelSamples.MatMul(m, n, k), interpret).Run([a, b, c]);

        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                double expected = 0;
                for (int x = 0; x < k; x++)
                    expected += a.GetDouble((i * k) + x) * b.GetDouble((x * n) + j);
                Assert.Equal(expected, c.GetDouble((i * n) + j));
            }
        }
    }
}
