using Lathe.Loops;
using Lathe.Loops.Managed;
using Lathe.Loops.Passes;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Tests.Loops.Managed;

public class ManagedVectorTests
{
    private static readonly DType F32 = DType.Float32;

    public static TheoryData<int> Lanes => [.. Enumerable.Range(1, 17)];

    [Theory]
    [MemberData(nameof(Lanes))]
    public void ComputesLanes(int lanes)
    {
        int n = lanes * 3;
        var (x, z) = (Numbers(n, 3), Numbers(n, 7));
        var y = Run(
            KernelSamples.Map(n, lanes, F32, [F32, F32], e => Build.Select(e[0] < e[1], e[0] + (e[1] * new FloatConst(2, F32)), Build.Max(e[0], e[1]) / new FloatConst(3, F32))),
            n, x, z);
        for (int i = 0; i < n; i++)
        {
            var (a, b) = ((float)x.GetDouble(i), (float)z.GetDouble(i));
            Assert.Equal(a < b ? a + (b * 2) : (a > b ? a : b) / 3, (float)y.GetDouble(i));
        }
    }

    [Theory]
    [MemberData(nameof(Lanes))]
    public void CombinesLanes(int lanes)
    {
        int n = lanes * 3;
        var x = Numbers(n, 5);
        foreach (var op in Enum.GetValues<ReduceOp>())
        {
            var source = new Buffer("x", F32, [n]);
            var target = new Buffer("y", F32, [3]);
            var kernel = KernelSamples.Of([source], target, For.Of("i", 3, LoopKind.Serial, i =>
                target.Store([i], lanes == 1 ? source[i] : new Horizontal(op, source[Build.Lane(i * lanes, lanes)]))));
            var y = Run(kernel, 3, x);
            for (int i = 0; i < 3; i++)
            {
                double expected = x.GetDouble(i * lanes);
                for (int j = 1; j < lanes; j++)
                {
                    double v = x.GetDouble((i * lanes) + j);
                    expected = op switch
                    {
                        ReduceOp.Sum => expected + v,
                        ReduceOp.Product => (float)(expected * v),
                        ReduceOp.Min => Math.Min(expected, v),
                        _ => Math.Max(expected, v),
                    };
                }
                Assert.Equal(expected, y.GetDouble(i), Math.Abs(expected) * 1e-5);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Lanes))]
    public void GathersAndScatters(int lanes)
    {
        var (source, at, target) = (new Buffer("x", F32, [4, lanes]), new Buffer("at", DType.Int64, [lanes]), new Buffer("y", F32, [lanes * 2]));
        var order = Tensor.Vector<long>([.. Enumerable.Range(0, lanes).Select(i => (long)((i * 5) % lanes))]);
        var x = Numbers(4 * lanes, 9);
        var kernel = KernelSamples.Of([source, at], target, Stmt.Sequence(
            target.Store([Build.Lane(0, lanes) * 2L], source[2, at[Build.Lane(0, lanes)]]),
            target.Store([(Build.Lane(0, lanes) * 2L) + 1L], source[Build.Min(Build.Lane(0, lanes), 3), Build.Lane(0, lanes)])));
        var y = Run(kernel, lanes * 2, x, order);
        for (int i = 0; i < lanes; i++)
        {
            Assert.Equal(x.GetDouble((2 * lanes) + order.GetInt64(i)), y.GetDouble(2 * i));
            Assert.Equal(x.GetDouble((Math.Min(i, 3) * lanes) + i), y.GetDouble((2 * i) + 1));
        }
    }

    [Theory]
    [MemberData(nameof(Lanes))]
    public void BindsVectors(int lanes)
    {
        var (source, target) = (new Buffer("x", F32, [lanes * 3]), new Buffer("y", F32, [lanes * 3]));
        var (v, w, s) = (new Var("v", new ExprType(F32, lanes)), new Var("w", new ExprType(F32, lanes)), new Var("s", new ExprType(F32)));
        var i = new Var("i");
        var at = Build.Lane(i * lanes, lanes);
        Expr sum = lanes == 1 ? v : new Horizontal(ReduceOp.Sum, v);
        var inner = new Let(w, v * v, new Let(s, sum, w + (v * Build.ToLanes(s, lanes))));
        var kernel = KernelSamples.Of([source], target, new For(i, 0, 3, LoopKind.Serial, new LetStmt(v, source[at] + target[at], target.Store([at], inner))));
        var x = Numbers(lanes * 3, 4);
        var y = Run(kernel, lanes * 3, x);
        for (int j = 0; j < lanes * 3; j++)
        {
            double total = 0;
            for (int k = 0; k < lanes; k++)
                total += x.GetDouble((j / lanes * lanes) + k);
            double own = x.GetDouble(j);
            Assert.Equal((own * own) + (own * total), y.GetDouble(j), 1e-3);
        }
    }

    /// <summary>A mask goes through memory, lane by lane, so what it is made of must too, though vectors of it could stay.</summary>
    [Theory]
    [MemberData(nameof(Lanes))]
    public void BindsWhatMasksAreMadeOf(int lanes)
    {
        var (source, target) = (new Buffer("x", F32, [lanes * 3]), new Buffer("y", DType.Int64, [lanes * 3]));
        var (v, mask) = (new Var("v", new ExprType(F32, lanes)), new Var("mask", new ExprType(DType.Bool, lanes)));
        var i = new Var("i");
        var at = Build.Lane(i * lanes, lanes);
        var chosen = Build.Select(mask, at, Build.ToLanes(Build.Int(-1, DType.Int64), lanes));
        var kernel = KernelSamples.Of([source], target, new For(i, 0, 3, LoopKind.Serial, new LetStmt(
            v, source[at], new LetStmt(mask, v < Build.ToLanes(new FloatConst(0, F32), lanes), target.Store([at], chosen)))));
        var x = Numbers(lanes * 3, 4);
        var y = Tensor.Zeros(DType.Int64, [lanes * 3]);
        ManagedKernel.Compile(kernel).Run([x, y]);
        for (int j = 0; j < lanes * 3; j++)
            Assert.Equal(x.GetDouble(j) < 0 ? j : -1, y.GetInt64(j));
    }

    /// <summary>A shift by one in place: all lanes are read before any is written.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void ReadsAllLanesBeforeItWrites(int by)
    {
        const int lanes = 8;
        var y = new Buffer("y", F32, [lanes + 2]);
        var kernel = KernelSamples.Of([], y, y.Store([Build.Lane(1, lanes)], y[Build.Lane(1 + by, lanes)]));
        var values = Numbers(lanes + 2, 3);
        var before = values.ToDoubleArray();
        ManagedKernel.Compile(kernel).Run([values]);
        for (int i = 0; i < lanes; i++)
            Assert.Equal(before[1 + i + by], values.GetDouble(1 + i));
    }

    [Fact]
    public void NoVectorsRemainAfterScalarize()
    {
        var kernel = Scalarize.Run(KernelSamples.Map(32, 16, F32, [F32, F32], e => e[0] + (e[1] * new FloatConst(2, F32))));
        var expressions = kernel.Body.Descendants().SelectMany(s => s.Expressions).SelectMany(e => e.Descendants()).ToList();
        Assert.NotEmpty(expressions);
        Assert.All(expressions, e => Assert.Equal(1, e.Lanes));
    }

    private static Tensor Numbers(int n, int step)
    {
        var t = Tensor.Zeros(F32, Shape.Of(n));
        for (int i = 0; i < n; i++)
            t.SetDouble(i, (((i * step) + 1) % 13) - 5.5);
        return t;
    }

    private static Tensor Run(Kernel kernel, int n, params Tensor[] inputs)
    {
        var (fast, safe) = (Tensor.Zeros(F32, Shape.Of(n)), Tensor.Zeros(F32, Shape.Of(n)));
        ManagedKernel.Compile(kernel).Run([.. inputs, fast]);
        ManagedKernel.Compile(kernel, boundsChecked: true).Run([.. inputs, safe]);
        Assert.Equal(safe.ToDoubleArray(), fast.ToDoubleArray());
        return fast;
    }
}
