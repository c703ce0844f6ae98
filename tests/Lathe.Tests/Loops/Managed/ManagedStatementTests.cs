using System.Collections.Concurrent;
using Lathe.Loops;
using Lathe.Loops.Managed;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Tests.Loops.Managed;

public class ManagedStatementTests
{
    private static readonly DType F32 = DType.Float32;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ParallelIterationsHaveTheirOwnLocals(bool interpret)
    {
        const int rows = 64, columns = 33;
        var (x, scale, y) = (new Buffer("x", F32, [rows, columns]), new Buffer("scale", F32, [1]), new Buffer("y", F32, [rows, columns]));
        var row = new Buffer("row", F32, [columns], BufferSpace.Local);
        var outer = new Buffer("outer", F32, [columns], BufferSpace.Local);
        var factor = new Var("factor", new ExprType(F32));
        Stmt Loop(string name, Func<Var, Stmt> body) => For.Of(name, columns, LoopKind.Serial, body);
        var kernel = KernelSamples.Of([x, scale], y, new Allocate(outer, Stmt.Sequence(
            Loop("o", o => outer.Store([o], Build.Cast(F32, o))),
            new LetStmt(factor, scale[0], For.Of("i", rows, LoopKind.Parallel, i => new Allocate(row, Stmt.Sequence(
                Loop("a", a => row.Store([a], (x[i, a] * factor) + outer[a])),
                Loop("b", b => y.Store([i, b], row[(columns - 1) - b])))))))));
        var (input, output) = (Tensor.Zeros(F32, Shape.Of(rows, columns)), Tensor.Zeros(F32, Shape.Of(rows, columns)));
        for (int i = 0; i < input.Count; i++)
            input.SetDouble(i, i % 101);

        var pool = new Threads();
        ManagedKernel.Compile(kernel, interpret).Run([input, Tensor.Vector(3f), output], pool);

        Assert.Equal(rows, pool.Iterations.Count);
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                int from = columns - 1 - j;
                Assert.Equal((input.GetDouble((i * columns) + from) * 3) + from, output.GetDouble((i * columns) + j));
            }
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(100000)]
    public void LoopsFollowTheirBounds(int size)
    {
        var (n, y) = (new Buffer("n", DType.Int64, [2]), new Buffer("y", F32, [8]));
        var (i, sum) = (new Var("i"), new Buffer("sum", F32, [size], BufferSpace.Local));
        var one = new FloatConst(1, F32);
        var kernel = KernelSamples.Of([n], y, new Allocate(sum, Stmt.Sequence(
            sum.Store([size - 1], new FloatConst(0, F32)),
            new For(i, n[0], n[1], LoopKind.Serial, new If(
                Build.Equal(Build.FloorMod(i, 2), 0), sum.Store([size - 1], sum[size - 1] + one), sum.Store([size - 1], sum[size - 1] * new FloatConst(2, F32)))),
            y.Store([0], sum[size - 1]))));
        foreach (var (begin, end, expected) in new[] { (0L, 0L, 0.0), (5, 2, 0), (-2, 3, 7), (0, 4, 6) })
        {
            var result = Tensor.Zeros(F32, Shape.Of(8));
            ManagedKernel.Compile(kernel).Run([Tensor.Vector(begin, end), result]);
            Assert.Equal(expected, result.GetDouble(0));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public void UnrolledTilesAgreeWithTheNaiveProduct(int lanes)
    {
        const int n = 32, rows = 4;
        var (a, b, c) = (new Buffer("a", F32, [n, n]), new Buffer("b", F32, [n, n]), new Buffer("c", F32, [n, n]));
        var tile = new Buffer("tile", F32, [rows, lanes], BufferSpace.Local);
        var all = Build.Lane(0, lanes);
        var kernel = new Kernel("tiled", [a, b], [c], [], For.Of("i", n / rows, LoopKind.Parallel, i => For.Of("j", n / lanes, LoopKind.Serial, j => new Allocate(tile, Stmt.Sequence(
            For.Of("z", rows, LoopKind.Unrolled, z => tile.Store([z, all], new FloatConst(0, F32))),
            For.Of("k", n, LoopKind.Serial, k => For.Of("r", rows, LoopKind.Unrolled, r =>
                tile.Store([r, all], Build.Fma(Build.ToLanes(a[(i * rows) + r, k], lanes), b[k, Build.Lane(j * lanes, lanes)], tile[r, all])))),
            For.Of("w", rows, LoopKind.Unrolled, w => c.Store([(i * rows) + w, Build.Lane(j * lanes, lanes)], tile[w, all])))))));
        var (x, y) = (Tensor.Zeros(F32, Shape.Of(n, n)), Tensor.Zeros(F32, Shape.Of(n, n)));
        for (int i = 0; i < n * n; i++)
        {
            x.SetDouble(i, (i % 17) - 8);
            y.SetDouble(i, (i % 23) - 11);
        }
        var (tiled, naive, safe) = (Tensor.Zeros(F32, x.Shape), Tensor.Zeros(F32, x.Shape), Tensor.Zeros(F32, x.Shape));
        ManagedKernel.Compile(kernel).Run([x, y, tiled], new Threads());
        ManagedKernel.Compile(kernel, boundsChecked: true).Run([x, y, safe]);
        ManagedKernel.Compile(KernelSamples.MatMul(n, n, n)).Run([x, y, naive]);
        Assert.True(tiled.ContentEquals(naive));
        Assert.True(safe.ContentEquals(naive));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void BoundsAreChecked(int axis)
    {
        var (x, y) = (new Buffer("x", F32, [2, 3]), new Buffer("y", F32, [6]));
        var kernel = KernelSamples.Of([x], y, For.Of("i", 6, LoopKind.Serial, i => y.Store([i], axis == 0 ? x[i, 0] : x[0, i])));
        var error = Assert.Throws<InternalException>(() =>
            ManagedKernel.Compile(kernel, boundsChecked: true).Run([Tensor.Zeros(F32, Shape.Of(2, 3)), Tensor.Zeros(F32, Shape.Of(6))]));
        Assert.Equal("LATHE4311", error.Code);
        Assert.Contains($"index {axis + 2} on axis {axis} is outside the buffer x", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BothArmsOfASelectAreChecked()
    {
        var (x, y) = (new Buffer("x", F32, [2]), new Buffer("y", F32, [4]));
        var i = new Var("i");
        var kernel = KernelSamples.Of([x], y, new For(i, 0, 4, LoopKind.Serial, y.Store([i], new Select(i < 2, x[i], new FloatConst(0, F32)))));
        Assert.Throws<InternalException>(() => ManagedKernel.Compile(kernel, boundsChecked: true).Run([Tensor.Zeros(F32, Shape.Of(2)), Tensor.Zeros(F32, Shape.Of(4))]));
    }

    [Fact]
    public void UnwrittenLocalsShowAsNaNWhenChecked()
    {
        var (y, local) = (new Buffer("y", F32, [1]), new Buffer("t", F32, [4], BufferSpace.Local));
        var result = Tensor.Zeros(F32, Shape.Of(1));
        ManagedKernel.Compile(KernelSamples.Of([], y, new Allocate(local, y.Store([0], local[2]))), boundsChecked: true).Run([result]);
        Assert.True(double.IsNaN(result.GetDouble(0)));
    }

    [Fact]
    public void AFailedRunLeavesTheThreadUsable()
    {
        var (x, y, local) = (new Buffer("x", F32, [2]), new Buffer("y", F32, [4]), new Buffer("t", F32, [4], BufferSpace.Local));
        var kernel = KernelSamples.Of([x], y, new Allocate(local, For.Of("i", 4, LoopKind.Parallel, i => y.Store([i], x[i]))));
        var compiled = ManagedKernel.Compile(kernel, boundsChecked: true);
        long before = LocalMemory.Push(64);
        LocalMemory.Pop();
        Assert.Throws<InternalException>(() => compiled.Run([Tensor.Zeros(F32, Shape.Of(2)), Tensor.Zeros(F32, Shape.Of(4))]));
        Assert.Equal(before, LocalMemory.Push(64));
        LocalMemory.Pop();
    }

    [Fact]
    public void WrongArgumentsAreRefused()
    {
        var compiled = ManagedKernel.Compile(KernelSamples.MatMul(2, 2, 2));
        var t = Tensor.Zeros(F32, Shape.Of(2, 2));
        Assert.Equal("LATHE4313", Assert.Throws<InternalException>(() => compiled.Run([t, t])).Code);
        Assert.Equal("LATHE4314", Assert.Throws<InternalException>(() => compiled.Run([t, t, Tensor.Zeros(F32, Shape.Of(3))])).Code);
        Assert.Equal("LATHE4314", Assert.Throws<InternalException>(() => compiled.Run([t, t, Tensor.Zeros(DType.Int32, Shape.Of(2, 2))])).Code);
    }

    [Fact]
    public void ScratchMayBeLeftOut()
    {
        var (x, y, scratch) = (new Buffer("x", F32, [3]), new Buffer("y", F32, [3]), new Buffer("s", F32, [3]));
        var kernel = new Kernel("two", [x], [y], [scratch], Stmt.Sequence(
            For.Of("i", 3, LoopKind.Serial, i => scratch.Store([i], x[i] + x[i])), For.Of("j", 3, LoopKind.Serial, j => y.Store([j], scratch[2 - j]))));
        var result = Tensor.Zeros(F32, Shape.Of(3));
        ManagedKernel.Compile(kernel).Run([Tensor.Vector(1f, 2f, 3f), result]);
        Assert.Equal([6, 4, 2], result.ToDoubleArray());
    }

    private sealed class Threads : IParallelFor
    {
        public ConcurrentBag<long> Iterations { get; } = [];

        public void Run(Action<long> body, long count) => Parallel.For(0, count, i =>
        {
            Iterations.Add(i);
            body(i);
        });
    }
}
