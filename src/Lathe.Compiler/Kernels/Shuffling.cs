using Lathe.Compilation.Scheduling;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>Networks of shuffles that move lanes between vectors in registers.</summary>
internal static class Shuffling
{
    /// <summary>
    /// Binds the columns of a square block of as many vectors as they have lanes, 2, 4, 8, 16 ...: lane j of vector i becomes lane i of
    /// vector j. The first two stages work inside of 128 bits of floats, where processors are quickest; the others move such groups whole.
    /// </summary>
    public static Stmt Transpose(KernelDraft draft, IReadOnlyList<Expr> rows, Func<Expr[], Stmt> use)
    {
        int lanes = rows.Count;
        int group = Math.Min(lanes, 4);
        return Inside(draft, [.. rows], group, 1, inside => Across(draft, inside, lanes / group, 1, use));
    }

    /// <summary>Binds the elements of several vectors one of each in turn, as so many vectors: a0, b0, c0, a1, b1, c1, ...</summary>
    public static Stmt Interleave(KernelDraft draft, IReadOnlyList<Expr> vectors, Func<Expr[], Stmt> use)
    {
        int lanes = vectors[0].Lanes, count = vectors.Count;
        var woven = Enumerable.Range(0, count).Select(k =>
        {
            var result = vectors[0];
            for (int v = 1; v < count; v++)
            {
                // Lanes of vectors before this one stay where an earlier step has put them.
                int[] picks = [.. Enumerable.Range(0, lanes).Select(i => (At: (k * lanes) + i, Lane: i)).Select(p =>
                    p.At % count == v ? lanes + (p.At / count) : v == 1 && p.At % count == 0 ? p.At / count : p.Lane)];
                result = new Shuffle(result, vectors[v], picks.ToEquatableArray());
            }
            return result;
        });
        return draft.Let(woven, use);
    }

    /// <summary>
    /// Transposes groups of up to four lanes among as many neighbouring vectors. Vectors come out in the order of their first lane's column: of
    /// each four vectors, the one numbered j holds column j of every group.
    /// </summary>
    private static Stmt Inside(KernelDraft draft, Expr[] rows, int group, int size, Func<Expr[], Stmt> use)
    {
        if (size == group)
            return use(rows);
        int lanes = rows.Length;
        int perGroup = group / size;

        // Blocks of `size` lanes of either vector in turn: the lower half of each group, or the upper.
        EquatableArray<int> Picks(int half) => Enumerable.Range(0, lanes).Select(i =>
        {
            int block = i % group / size;
            int from = (i / group * group) + (((half * perGroup / 2) + (block / 2)) * size) + (i % size);
            return block % 2 == 0 ? from : lanes + from;
        }).ToEquatableArray();
        var (low, high) = (Picks(0), Picks(1));

        // Vectors that are `size` apart meet; their halves follow one another in the order of columns.
        var next = new Expr[lanes];
        for (int first = 0; first < lanes; first += 2 * size)
        {
            for (int i = 0; i < size; i++)
            {
                var (a, b) = (rows[first + i], rows[first + size + i]);
                next[first + (2 * i)] = new Shuffle(a, b, low);
                next[first + (2 * i) + 1] = new Shuffle(a, b, high);
            }
        }
        return draft.Let(next, bound => Inside(draft, bound, group, 2 * size, use));
    }

    /// <summary>Transposes whole groups of four lanes among vectors that are four apart.</summary>
    private static Stmt Across(KernelDraft draft, Expr[] rows, int groups, int done, Func<Expr[], Stmt> use)
    {
        if (done == groups)
            return use(rows);
        int lanes = rows.Length, group = lanes / groups;
        EquatableArray<int> Picks(int odd) =>
            Enumerable.Range(0, lanes).Select(i => (((2 * (i / group)) + odd) * group) + (i % group)).ToEquatableArray();
        var (even, uneven) = (Picks(0), Picks(1));
        var next = new Expr[lanes];
        for (int i = 0; i < lanes / 2; i++)
        {
            // Pairs are neighbours among the vectors of one column; even groups of all pairs come first, then the others.
            var (pair, column) = (i / group, i % group);
            var (a, b) = (rows[(2 * pair * group) + column], rows[(((2 * pair) + 1) * group) + column]);
            next[(pair * group) + column] = new Shuffle(a, b, even);
            next[(lanes / 2) + (pair * group) + column] = new Shuffle(a, b, uneven);
        }
        return draft.Let(next, bound => Across(draft, bound, groups, 2 * done, use));
    }
}
