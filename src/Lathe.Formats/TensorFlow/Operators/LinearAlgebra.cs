using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Equations of small matrices, which are the last two axes, written out row by row.</summary>
internal static class LinearAlgebra
{
    private const long MaxRows = 64;

    /// <summary>X of A X = B; with the attribute adjoint of the transposed A.</summary>
    public static Value Solve(NodeContext node)
    {
        var (a, b) = (node.In(0), node.In(1));
        return Eliminated(node, node.Attributes.Flag("adjoint") ? Transposed(node, a) : a, b).Solution;
    }

    public static Value Inverse(NodeContext node)
    {
        var a = node.In(0);
        long rows = Rows(node, a);
        var identity = node.Add(new Cast(a.Element), node.Builder.Mask(rows, rows, (row, column) => row == column));
        return Eliminated(node, node.Attributes.Flag("adjoint") ? Transposed(node, a) : a, node.Add(new Expand(a.Shape), identity)).Solution;
    }

    /// <summary>The determinant's sign and the logarithm of its magnitude.</summary>
    public static IReadOnlyList<Value> LogDeterminant(NodeContext node)
    {
        var a = node.In(0);
        long rows = Rows(node, a);
        var pivots = Eliminated(node, a, node.Builder.Filled([.. a.Shape.SkipLast(1), 1], 0, a.Element)).Pivots;
        var logarithms = pivots.Select(p => node.Reshaped(node.Add(new Log(), node.Add(new Abs(), p)), [.. a.Shape.SkipLast(2)]));
        var sum = rows == 0 ? node.Builder.Filled([.. a.Shape.SkipLast(2)], 0, a.Element) : logarithms.Aggregate((x, y) => node.Add(new Add(), x, y));
        return [node.Add(new Sign(), node.Add(new Det(), a)), sum];
    }

    /// <summary>The lower triangle L of L L' = A, where A is symmetric and positive.</summary>
    public static Value Cholesky(NodeContext node)
    {
        var a = node.In(0);
        long rows = Rows(node, a);
        int row = a.Type.Rank - 2, column = row + 1;
        Value? lower = null;
        for (long j = 0; j < rows; j++)
        {
            var rest = node.Builder.Along(node.Builder.Along(a, column, j, 1), row, j, rows - j);
            if (lower is not null)
                rest = node.Add(new Sub(), rest, node.Add(new MatMul(TransposeB: true), node.Builder.Along(lower, row, j, rows - j), node.Builder.Along(lower, row, j, 1)));
            var next = node.Add(new Div(), rest, node.Add(new Sqrt(), node.Builder.Along(rest, row, 0, 1)));
            var before = new long[a.Type.Rank];
            before[row] = j;
            next = node.Add(new Pad(before, new long[a.Type.Rank]), next);
            lower = lower is null ? next : node.Add(new Concat(column), lower, next);
        }
        return lower ?? a;
    }

    /// <summary>X of A X = B, where A is a triangle.</summary>
    public static Value TriangularSolve(NodeContext node)
    {
        var (a, b) = (node.In(0), node.In(1));
        bool adjoint = node.Attributes.Flag("adjoint"), isLower = node.Attributes.Flag("lower", true) != adjoint;
        if (adjoint)
            a = Transposed(node, a);
        long rows = Rows(node, a);
        (a, b) = Alike(node, a, b);
        int row = a.Type.Rank - 2, column = row + 1;
        Value? known = null;
        for (long step = 0; step < rows; step++)
        {
            long i = isLower ? step : rows - 1 - step;
            var line = node.Builder.Along(a, row, i, 1);
            var right = node.Builder.Along(b, row, i, 1);
            if (known is not null)
                right = node.Add(new Sub(), right, node.Add(new MatMul(), node.Builder.Along(line, column, isLower ? 0 : i + 1, step), known));
            var x = node.Add(new Div(), right, node.Builder.Along(line, column, i, 1));
            known = known is null ? x : isLower ? node.Add(new Concat(row), known, x) : node.Add(new Concat(row), x, known);
        }
        return known ?? b;
    }

    /// <summary>
    /// Gauss and Jordan's elimination with the greatest pivot of each column. Rows are not exchanged: a vector of zeros and a one says each pivot's row, and puts the solution in order at the end.
    /// </summary>
    private static (Value Solution, List<Value> Pivots) Eliminated(NodeContext node, Value a, Value b)
    {
        long rows = Rows(node, a);
        (a, b) = Alike(node, a, b);
        int row = a.Type.Rank - 2, column = row + 1;
        long right = b.Shape[column].Value;
        var both = node.Add(new Concat(column), a, b);
        var (solution, pivots) = (new List<Value>(), new List<Value>());
        Value? used = null;
        for (long i = 0; i < rows; i++)
        {
            var factors = node.Builder.Along(both, column, i, 1);
            var size = node.Add(new Abs(), factors);
            if (used is not null)
                size = node.Add(new Where(), node.Add(new Greater(), used, node.ScalarLike(0, used)), node.ScalarLike(-1, size), size);
            var which = node.Add(new ArgMax(row, KeepDims: false), size);
            var chosen = node.Builder.OneHot(which, rows, row, node.ScalarLike(1, a), node.ScalarLike(0, a));
            var line = node.Add(new MatMul(TransposeA: true), chosen, both);
            pivots.Add(node.Builder.Along(line, column, i, 1));
            line = node.Add(new Div(), line, pivots[^1]);
            // The pivot's own row becomes the line itself.
            both = node.Add(new Sub(), both, node.Add(new MatMul(), node.Add(new Sub(), factors, chosen), line));
            used = used is null ? chosen : node.Add(new Add(), used, chosen);
            solution.Add(chosen);
        }
        if (solution.Count == 0)
            return (b, pivots);
        var order = solution.Count == 1 ? solution[0] : node.Add(new Concat(column), [.. solution]);
        return (node.Add(new MatMul(TransposeA: true), order, node.Builder.Along(both, column, rows, right)), pivots);
    }

    /// <summary>Both with the leading axes of either.</summary>
    private static (Value A, Value B) Alike(NodeContext node, Value a, Value b)
    {
        if (b.Type.Rank < 2 || b.Shape[^2] != a.Shape[^2])
            throw Misfit.Of($"{a.Type} and {b.Type} are no equations");
        var lead = Broadcasting.Join([[.. a.Shape.SkipLast(2)], [.. b.Shape.SkipLast(2)]]);
        Value Expanded(Value x)
        {
            Shape shape = [.. lead, x.Shape[^2], x.Shape[^1]];
            return x.Shape == shape ? x : node.Add(new Expand(shape), x);
        }

        return (Expanded(a), Expanded(b));
    }

    private static Value Transposed(NodeContext node, Value a) =>
        node.Permuted(a, [.. Enumerable.Range(0, Math.Max(0, a.Type.Rank - 2)), a.Type.Rank - 1, a.Type.Rank - 2]);

    private static long Rows(NodeContext node, Value a)
    {
        if (a.Type.Rank < 2 || a.Shape[^1] != a.Shape[^2])
            throw Misfit.Of($"{a.Type} is not square");
        return a.Shape[^1].Value <= MaxRows ? a.Shape[^1].Value : throw node.Unsupported($"equations of more than {MaxRows} rows are not supported");
    }
}
