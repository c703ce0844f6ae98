using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Determinants of matrices [..., N, N], by elimination with the greatest element of each column as its pivot; 1 for empty matrices.
/// Half-width floats are computed in f32.
/// </summary>
public sealed record Det : LoopOp
{
    /// <summary>A matrix is worked on in the kernel's frame.</summary>
    private const long MaxRows = 256;

    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1);
        var x = inputs[0];
        ElementTypes.Float(this, x.Element);
        if (x.Rank < 2 || x.Shape[^1] != x.Shape[^2])
            throw new ModelException("LATHE2121", $"{x} does not hold square matrices");
        return !x.Shape[^1].IsKnown || x.Shape[^1].Value <= MaxRows
            ? [x.WithShape([.. x.Shape.SkipLast(2)])]
            : throw new UnsupportedException("LATHE2122", $"determinants of more than {MaxRows} rows are not supported");
    }

    public override long Macs(Node node)
    {
        long n = node.Inputs[0].Shape[^1].Value;
        return checked(node.Output.Shape.ElementCount * (n * n * n / 3));
    }

    public override Stmt Write(IReadOnlyList<Buffer> inputs, IReadOnlyList<Buffer> outputs)
    {
        var (x, y) = (inputs[0], outputs[0]);
        long n = x.Shape[^1];
        var type = LoopNest.Wide(x.Element);
        var rows = new Buffer("rows", type, [n, n], BufferSpace.Local);
        var result = new Buffer("det", type, [1], BufferSpace.Local);
        var pivot = new Buffer("pivot", DType.Int64, [1], BufferSpace.Local);
        Expr[] only = [0];

        Stmt Step(Var k) => Stmt.Sequence(
            pivot.Store(only, k),
            Loop("candidate", k + 1, n, i => new If(
                Build.Unary(UnaryOp.Abs, rows[i, k]) > Build.Unary(UnaryOp.Abs, rows[Pivot(), k]), pivot.Store(only, i))),
            new If(Build.Compare(CompareOp.NotEqual, pivot[only], k), Stmt.Sequence(
                Loop("swapped", k, n, j =>
                {
                    var kept = new Var("kept", new ExprType(type));
                    return new LetStmt(kept, rows[k, j], Stmt.Sequence(rows.Store([k, j], rows[Pivot(), j]), rows.Store([Pivot(), j], kept)));
                }),
                result.Store(only, Build.Unary(UnaryOp.Neg, result[only])))),
            result.Store(only, result[only] * rows[k, k]),
            // A column of zeros has made the determinant 0; what follows must not make it NaN.
            new If(Build.Compare(CompareOp.NotEqual, rows[k, k], Build.Const(0, type)), Loop("row", k + 1, n, i =>
            {
                var factor = new Var("factor", new ExprType(type));
                return new LetStmt(factor, rows[i, k] / rows[k, k], Loop("column", k + 1, n, j => rows.Store([i, j], rows[i, j] - (factor * rows[k, j]))));
            })));

        Expr Pivot() => Build.Clamp(pivot[only], n);

        return LoopNest.Over(y.Shape, "b", at => new Allocate(rows, new Allocate(result, new Allocate(pivot, Stmt.Sequence(
            LoopNest.Over([n, n], "i", place => rows.Store(place, LoopNest.Wide(x[[.. at, .. place]]))),
            result.Store(only, Build.Const(1, type)),
            For.Of("step", n, LoopKind.Serial, Step),
            y.Store(at, Build.Cast(y.Element, result[only])))))));
    }

    private static Stmt Loop(string name, Expr begin, Expr end, Func<Var, Stmt> body)
    {
        var i = new Var(name);
        return new For(i, begin, end, LoopKind.Serial, body(i));
    }
}
