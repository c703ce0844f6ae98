using Lathe.Loops;
using Lathe.Loops.Managed;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Tests.Loops.Managed;

/// <summary>Vector instructions against the same kernels interpreted lane by lane.</summary>
public class VectorEmitterTests
{
    private static readonly DType F32 = DType.Float32;
    private static readonly DType I32 = DType.Int32;

    public static TheoryData<DType, int> Vectors => new() { { F32, 4 }, { F32, 8 }, { F32, 16 }, { I32, 4 }, { I32, 8 }, { I32, 16 } };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void OperationsAgreeWithScalars(DType type, int lanes)
    {
        var (a, b) = OperatorCases.Pairs(type);
        int n = (int)a.Count / lanes * lanes;
        (a, b) = (First(a, n), First(b, n));
        foreach (var op in Enum.GetValues<BinaryOp>())
            if (type.IsFloat ? op <= BinaryOp.Div || op is BinaryOp.Min or BinaryOp.Max : op is not (BinaryOp.Shl or BinaryOp.Shr))
                Compare(KernelSamples.Map(n, lanes, type, [type, type], x => Build.Binary(op, x[0], x[1])), n, type, op.ToString(), a, b);
        foreach (var op in Enum.GetValues<UnaryOp>())
            if (type.IsFloat ? op != UnaryOp.Not : op is UnaryOp.Not or UnaryOp.Neg or UnaryOp.Abs)
                Compare(KernelSamples.Map(n, lanes, type, [type], x => Build.Unary(op, x[0])), n, type, op.ToString(), a);
        if (!type.IsFloat)
        {
            Compare(KernelSamples.Map(n, lanes, type, [type], x => Build.Binary(BinaryOp.Shl, x[0], Build.Const(23, type))), n, type, "shl", a);
            Compare(KernelSamples.Map(n, lanes, type, [type], x => Build.Binary(BinaryOp.Shr, x[0], Build.Const(9, type))), n, type, "shr", a);
        }
        foreach (var op in Enum.GetValues<CompareOp>())
        {
            Compare(
                KernelSamples.Map(n, lanes, type, [type, type], x => Build.Select(Build.Compare(op, x[0], x[1]) & !(x[0] < Build.Const(1, type)), x[0], Build.Const(3, type))),
                n, type, op.ToString(), a, b);
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    public void FunctionsAndConversionsAgreeWithScalars(int lanes)
    {
        var whole = First(OperatorCases.Values(I32), 16);
        var real = First(OperatorCases.Values(F32), 16);
        real.SetDouble(0, double.NaN);
        foreach (var function in Enum.GetValues<Intrinsic>())
        {
            int operands = function switch { Intrinsic.Fma => 3, Intrinsic.Pow => 2, _ => 1 };
            Compare(KernelSamples.Map(16, lanes, F32, [F32], x => Build.Call(function, [.. Enumerable.Repeat(x[0], operands)])), 16, F32, function.ToString(), real);
        }
        Compare(KernelSamples.Map(16, lanes, F32, [I32], x => Build.Cast(F32, x[0])), 16, F32, "cast", whole);
        Compare(KernelSamples.Map(16, lanes, I32, [F32], x => Build.Cast(I32, x[0])), 16, I32, "cast", real);
        Compare(KernelSamples.Map(16, lanes, I32, [F32], x => new Bitcast(I32, x[0]) ^ Build.Const(5, I32)), 16, I32, "bitcast", First(OperatorCases.Values(F32), 16));
    }

    /// <summary>A Local row in pieces of 16, 8, 4, 2 and 1 elements, whose epilogue reads it in the same pieces.</summary>
    [Fact]
    public void PiecesOfARowStayApart()
    {
        const int n = 31;
        var (x, bias, y) = (new Buffer("x", F32, [5, n]), new Buffer("bias", F32, [5]), new Buffer("y", F32, [n]));
        var row = new Buffer("row", F32, [2, 32], BufferSpace.Local);
        (long Start, int Lanes)[] pieces = [(0, 16), (16, 8), (24, 4), (28, 2), (30, 1)];
        IEnumerable<Stmt> Each(Func<Expr, int, Stmt> of) => pieces.Select(p => of(Build.Lane(p.Start, p.Lanes), p.Lanes));
        var kernel = KernelSamples.Of([x, bias], y, new Allocate(row, Stmt.Sequence([
            .. Each((at, lanes) => row.Store([1, at], Build.ToLanes(new FloatConst(1, F32), lanes))),
            For.Of("k", 5, LoopKind.Serial, k => Stmt.Sequence(Each((at, lanes) => row.Store([1, at], Build.Fma(x[k, at], Build.ToLanes(bias[k], lanes), row[1, at]))))),
            .. Each((at, _) => y.Store([at], Build.Call(Intrinsic.Sigmoid, row[1, at])))])));
        var input = Tensor.Zeros(F32, Shape.Of(5, n));
        for (int i = 0; i < input.Count; i++)
            input.SetDouble(i, ((i * 7) % 19) - 9);
        Compare(kernel, n, F32, "pieces", input, Tensor.Vector(0.5f, -0.25f, 1f, 2f, -1f));
    }

    [Fact]
    public void VectorsReachParallelBodiesAndScalarStatements()
    {
        const int lanes = 8;
        var (x, y) = (new Buffer("x", F32, [lanes]), new Buffer("y", F32, [4, lanes]));
        var v = new Var("v", new ExprType(F32, lanes));
        var w = new Var("w", new ExprType(F32, lanes));
        var all = Build.Lane(0, lanes);
        var kernel = KernelSamples.Of([x], y, new LetStmt(v, x[all] + x[all], For.Of("i", 3, LoopKind.Parallel, i => new LetStmt(w, v * v, Stmt.Sequence(
            y.Store([i, all], w + v), y.Store([3, (Build.Lane(0, lanes) * -1L) + 7L], w))))));
        var input = Tensor.Vector(1f, 2, 3, 4, 5, 6, 7, 8);
        Compare(kernel, 4 * lanes, F32, "lets", input);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void MasksCanBeBound(bool inParallel)
    {
        const int lanes = 16;
        var (x, y) = (new Buffer("x", F32, [lanes]), new Buffer("y", F32, [lanes]));
        var mask = new Var("m", new ExprType(DType.Bool, lanes));
        var all = Build.Lane(0, lanes);
        Stmt use = y.Store([all], Build.Select(mask, x[all], -x[all]));
        var kernel = KernelSamples.Of([x], y, new LetStmt(mask, x[all] < new FloatConst(3, F32), inParallel ? For.Of("i", 1, LoopKind.Parallel, _ => use) : use));
        Compare(kernel, lanes, F32, "mask", First(OperatorCases.Values(F32), lanes));
    }

    private static Tensor First(Tensor t, int n) => new(t.Type, Shape.Of(n), t.Bytes[..(n * t.Type.Size)]);

    private static void Compare(Kernel kernel, int n, DType type, string what, params Tensor[] inputs)
    {
        var (vectors, scalars) = (Tensor.Zeros(type, Shape.Of(n)), Tensor.Zeros(type, Shape.Of(n)));
        ManagedKernel.Compile(kernel).Run([.. inputs, vectors]);
        ManagedKernel.Compile(kernel, interpret: true).Run([.. inputs, scalars]);
        for (int i = 0; i < n; i++)
            OperatorCases.AssertSame(scalars.GetDouble(i), vectors.GetDouble(i), $"{what} at {i}");
    }
}
