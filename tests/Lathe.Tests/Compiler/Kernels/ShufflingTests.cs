using Lathe.Compilation.Kernels;
using Lathe.Compilation.Scheduling;
using Lathe.Loops;
using Lathe.Loops.Managed;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Tests.Compilation.Kernels;

public class ShufflingTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(32)]
    public void Transposes_square_blocks(int lanes)
    {
        float[] result = Run(lanes, lanes, (draft, rows, use) => Shuffling.Transpose(draft, rows, use));
        for (int i = 0; i < lanes; i++)
            for (int j = 0; j < lanes; j++)
                Assert.Equal((j * lanes) + i, result[(i * lanes) + j]);
    }

    [Theory]
    [InlineData(1, 8)]
    [InlineData(2, 4)]
    [InlineData(3, 16)]
    [InlineData(4, 8)]
    [InlineData(5, 4)]
    public void Interleaves(int vectors, int lanes)
    {
        float[] result = Run(vectors, lanes, (draft, rows, use) => Shuffling.Interleave(draft, rows, use));
        for (int i = 0; i < vectors * lanes; i++)
            Assert.Equal((i % vectors * lanes) + (i / vectors), result[i]);
    }

    private static float[] Run(int vectors, int lanes, Func<KernelDraft, IReadOnlyList<Expr>, Func<Expr[], Stmt>, Stmt> network)
    {
        var draft = new KernelDraft();
        var x = new Buffer("x", DType.Float32, [vectors, lanes]);
        var y = new Buffer("y", DType.Float32, [vectors, lanes]);
        var body = draft.Let(Enumerable.Range(0, vectors).Select(i => x[i, Build.Lane(0, lanes)]), rows =>
            network(draft, rows, moved => Stmt.Sequence(moved.Select((v, i) => y.Store([i, Build.Lane(0, lanes)], v)))));
        var kernel = new Kernel("k", [x], [y], [], body);
        KernelVerifier.Verify(kernel);
        var numbers = Tensor.Vector<float>([.. Enumerable.Range(0, vectors * lanes).Select(i => (float)i)]);
        var result = Tensor.Zeros(DType.Float32, Shape.Of(vectors * lanes));
        ManagedKernel.Compile(kernel).Run([numbers, result]);
        return [.. result.ToDoubleArray().Select(v => (float)v)];
    }
}
