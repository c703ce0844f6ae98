using Lathe.Compilation.Scheduling;
using Lathe.Loops;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// Writes a small constant matrix times a vector of expressions with few operations: what differs only by signs is computed once as a sum and a
/// difference. Points of a transform that are each other's opposites make such pairs, of columns in one matrix and of rows in another.
/// </summary>
internal static class LinearMap
{
    /// <summary>Binds the vector and what its rows share, and gives each row's value to <paramref name="use"/>.</summary>
    public static Stmt Write(KernelDraft draft, double[][] matrix, IEnumerable<Expr> vector, Func<Expr[], Stmt> use) =>
        draft.Let(vector, x => PairColumns(draft, matrix, x, (rows, y) => PairRows(draft, rows, y, use)));

    /// <summary>The vector operations that <see cref="Write"/> makes of a matrix.</summary>
    public static int Operations(double[][] matrix)
    {
        var pairs = ColumnPairs(matrix);
        var rows = Paired(matrix, pairs);
        var rowPairs = RowPairs(rows);
        var alone = Enumerable.Range(0, rows.Length).Except(rowPairs.SelectMany(p => new[] { p.P, p.Q }));
        return (2 * pairs.Count) + rowPairs.Sum(p => Terms(rows[p.P])) + alone.Sum(i => Math.Max(0, Terms(rows[i]) - 1));
    }

    private static int Terms(double[] row) => row.Count(f => f != 0);

    private static Stmt PairColumns(KernelDraft draft, double[][] matrix, Expr[] x, Func<double[][], Expr[], Stmt> use)
    {
        var pairs = ColumnPairs(matrix);
        if (pairs.Count == 0)
            return use(matrix, x);
        return draft.Let(pairs.SelectMany(p => new[] { x[p.P] + x[p.Q], x[p.P] - x[p.Q] }), bound =>
        {
            Expr[] y = [.. x];
            for (int i = 0; i < pairs.Count; i++)
                (y[pairs[i].P], y[pairs[i].Q]) = (bound[2 * i], bound[(2 * i) + 1]);
            return use(Paired(matrix, pairs), y);
        });
    }

    private static Stmt PairRows(KernelDraft draft, double[][] rows, Expr[] x, Func<Expr[], Stmt> use)
    {
        var pairs = RowPairs(rows);
        IEnumerable<Expr> Parts((int P, int Q) pair)
        {
            var (p, q) = (rows[pair.P], rows[pair.Q]);
            yield return Sum([.. p.Zip(q, (f, g) => f == g ? f : 0)], x);
            yield return Sum([.. p.Zip(q, (f, g) => f == g ? 0 : f)], x);
        }
        return draft.Let(pairs.SelectMany(Parts), bound =>
        {
            var values = new Expr[rows.Length];
            for (int i = 0; i < pairs.Count; i++)
                (values[pairs[i].P], values[pairs[i].Q]) = (bound[2 * i] + bound[(2 * i) + 1], bound[2 * i] - bound[(2 * i) + 1]);
            for (int i = 0; i < rows.Length; i++)
                values[i] ??= Sum(rows[i], x);
            return use(values);
        });
    }

    /// <summary>Columns of equal magnitudes whose sum and difference serve more than two rows.</summary>
    private static List<(int P, int Q)> ColumnPairs(double[][] matrix) => Pairs(
        matrix[0].Length, (p, q) => matrix.All(r => Math.Abs(r[p]) == Math.Abs(r[q])) && matrix.Count(r => r[p] != 0) > 2);

    /// <summary>Rows of equal magnitudes that neither are equal nor opposite and have more than two terms.</summary>
    private static List<(int P, int Q)> RowPairs(double[][] rows) => Pairs(rows.Length, (p, q) =>
        Terms(rows[p]) > 2 && rows[p].Zip(rows[q]).All(t => Math.Abs(t.First) == Math.Abs(t.Second))
        && rows[p].Zip(rows[q]).Any(t => t.First != t.Second) && rows[p].Zip(rows[q]).Any(t => t.First != 0 && t.First == t.Second));

    private static List<(int P, int Q)> Pairs(int count, Func<int, int, bool> match)
    {
        var pairs = new List<(int P, int Q)>();
        var taken = new bool[count];
        for (int p = 0; p < count; p++)
        {
            for (int q = p + 1; q < count && !taken[p]; q++)
            {
                if (taken[q] || !match(p, q))
                    continue;
                pairs.Add((p, q));
                taken[p] = taken[q] = true;
            }
        }
        return pairs;
    }

    /// <summary>The matrix for a vector in which the sum stands at P and the difference at Q.</summary>
    private static double[][] Paired(double[][] matrix, List<(int P, int Q)> pairs) => [.. matrix.Select(row =>
    {
        double[] result = [.. row];
        foreach (var (p, q) in pairs)
        {
            bool isSum = row[p] == row[q];
            (result[p], result[q]) = (isSum ? row[p] : 0, isSum ? 0 : row[p]);
        }
        return result;
    })];

    /// <summary>A row times the vector. Terms with a factor of 1 come first: the others are fused multiply-adds onto them.</summary>
    private static Expr Sum(double[] row, Expr[] x)
    {
        Expr? sum = null;
        foreach (var (factor, term) in row.Zip(x).Where(t => t.First != 0).OrderBy(t => t.First == 1 ? 0 : t.First == -1 ? 1 : 2))
        {
            sum = (sum, factor) switch
            {
                (null, 1) => term,
                (null, _) => term * Build.Const(factor, term.Element),
                (_, 1) => sum + term,
                (_, -1) => sum - term,
                _ => Build.Fma(term, Build.Const(factor, term.Element), sum),
            };
        }
        return sum ?? throw new InternalException("LATHE5132", "a linear map has a row of zeros");
    }
}
