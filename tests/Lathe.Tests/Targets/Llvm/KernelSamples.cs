using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Tests.Targets.Llvm;

/// <summary>Kernels that several tests compile.</summary>
internal static class KernelSamples
{
    /// <summary>
    /// C[m,n] = A[m,k] B, with B packed in panels of <paramref name="columns"/> and a register tile of rows x columns; the rows of
    /// tiles run in parallel. Extents are multiples of the tile's.
    /// </summary>
    public static Kernel TiledMatMul(int m, int n, int k, int rows, int columns, int lanes)
    {
        var a = new Buffer("a", DType.Float32, [m, k]);
        var b = new Buffer("b", DType.Float32, [n / columns, k, columns]);
        var c = new Buffer("c", DType.Float32, [m, n]);
        var tile = new Buffer("tile", DType.Float32, [rows, columns], BufferSpace.Local);
        Stmt Each(Func<Var, Expr, Stmt> body) => For.Of("r", rows, LoopKind.Unrolled, r =>
            For.Of("v", columns / lanes, LoopKind.Unrolled, v => body(r, Lathe.Loops.Build.Lane(v * lanes, lanes))));
        var loops = For.Of("i", m / rows, LoopKind.Parallel, i => For.Of("j", n / columns, LoopKind.Serial, j => new Allocate(tile, Stmt.Sequence(
            Each((r, at) => tile.Store([r, at], new FloatConst(0, DType.Float32))),
            For.Of("x", k, LoopKind.Serial, x => Each((r, at) => tile.Store([r, at],
                Lathe.Loops.Build.Fma(a[(i * rows) + r, x], b[j, x, at], tile[r, at])))),
            Each((r, at) => c.Store([(i * rows) + r, at + Lathe.Loops.Build.ToLanes(j * columns, lanes)], tile[r, at]))))));
        return new Kernel("tiled", [a, b], [c], [], loops);
    }
}
