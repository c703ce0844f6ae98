using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Tests.Loops.Managed;

/// <summary>Kernels that several tests run.</summary>
internal static class KernelSamples
{
    public static Kernel Of(EquatableArray<Buffer> inputs, Buffer output, Stmt body) => new("sample", inputs, [output], [], body);

    /// <summary>C[m,n] = A[m,k] B[k,n], naively, with a Local scalar as accumulator and parallel rows.</summary>
    public static Kernel MatMul(long m, long n, long k)
    {
        var a = new Buffer("a", DType.Float32, [m, k]);
        var b = new Buffer("b", DType.Float32, [k, n]);
        var c = new Buffer("c", DType.Float32, [m, n]);
        var sum = new Buffer("sum", DType.Float32, [1], BufferSpace.Local);
        var body = For.Of("i", m, LoopKind.Parallel, i => For.Of("j", n, LoopKind.Serial, j => new Allocate(sum, Stmt.Sequence(
            sum.Store([0], new FloatConst(0, DType.Float32)),
            For.Of("x", k, LoopKind.Serial, x => sum.Store([0], sum[0] + (a[i, x] * b[x, j]))),
            c.Store([i, j], sum[0])))));
        return new Kernel("matmul", [a, b], [c], [], body);
    }

    /// <summary>output[i] = value(inputs[.][i]) over n elements in vectors of the given lanes, n a multiple of them.</summary>
    public static Kernel Map(int n, int lanes, DType output, EquatableArray<DType> inputs, Func<Expr[], Expr> value)
    {
        var buffers = inputs.Select((t, i) => new Buffer($"x{i}", t, [n])).ToEquatableArray();
        var y = new Buffer("y", output, [n]);
        return Of(buffers, y, For.Of("i", n / lanes, LoopKind.Serial, i =>
        {
            var at = Build.Lane(i * lanes, lanes);
            return y.Store([at], value([.. buffers.Select(b => b[at])]));
        }));
    }
}
