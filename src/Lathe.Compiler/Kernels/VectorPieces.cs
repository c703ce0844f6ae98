using System.Numerics;
using Lathe.Compilation.Scheduling;
using Lathe.Loops;

namespace Lathe.Compilation.Kernels;

/// <summary>Cuts a row of elements into vectors: as many whole ones as fit, then halves, down to single elements. A whole vector has a power of two of lanes.</summary>
internal static class VectorPieces
{
    /// <summary>How many pieces <see cref="Of"/> gives.</summary>
    public static long Count(long count, int lanes) => (count / lanes) + BitOperations.PopCount((ulong)(count % lanes));

    /// <summary>The pieces of so many elements, from the first element on: where each begins, and its lanes.</summary>
    public static IEnumerable<(long Start, int Lanes)> Of(long count, int lanes)
    {
        long at = 0;
        for (int width = lanes; width >= 1; width /= 2)
        {
            while (count - at >= width)
            {
                yield return (at, width);
                at += width;
            }
        }
    }

    /// <summary>
    /// Code for all pieces of so many elements: a loop over the whole vectors, shared by so many threads, and the smaller ones written out after it.
    /// <paramref name="body"/> gets where a piece begins, and its lanes.
    /// </summary>
    public static Stmt Loop(KernelDraft draft, long count, int lanes, Func<Expr, int, Stmt> body, int threads = 1)
    {
        long whole = count / lanes, rest = whole * lanes;
        Stmt Vector(Expr v) => body(v * lanes, lanes);
        var vectors = whole == 0 ? Stmt.Sequence() : threads > 1 ? draft.ParallelLoop(whole, threads, Vector) : draft.Loop(whole, Vector);
        return Stmt.Sequence([vectors, .. Of(count - rest, lanes).Select(p => body(rest + p.Start, p.Lanes))]);
    }
}
