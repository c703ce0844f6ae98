using Lathe.Compilation.Scheduling;
using Lathe.Graphs.Ops;
using Lathe.Loops;

namespace Lathe.Compilation.Kernels;

/// <summary>The loops around a depthwise convolution's tiles: jobs of a block of rows and a slice of channels, then places, then vectors of channels.</summary>
/// <param name="Images">Images of the batch.</param>
/// <param name="Height">Output rows.</param>
/// <param name="Width">Output places in a row.</param>
/// <param name="Pieces">The vectors of channels, from the first channel on: so many whole ones, then smaller ones.</param>
internal sealed record DepthwiseLoops(long Images, long Height, long Width, IReadOnlyList<(long Start, int Lanes)> Pieces)
{
    /// <summary>Below this many multiply-adds a convolution runs on one thread: waking others takes longer.</summary>
    private const long SerialMacs = 50_000;

    /// <summary>Jobs for each thread that let all end at about the same time.</summary>
    private const long JobsPerThread = 8;

    /// <summary>
    /// Tiles of so many rows and places over the whole result; the last ones are moved back to end with it. <paramref name="tile"/> gets the image, the first
    /// row, place and channel, and the piece.
    /// </summary>
    public Stmt Write(KernelDraft draft, Window window, int rows, int places, MachineFacts machine, Func<Expr, Expr, Expr, Expr, (long Start, int Lanes), Stmt> tile)
    {
        int lanes = Pieces[0].Lanes;
        long full = Pieces.TakeWhile((p, i) => p == (i * lanes, lanes)).Count();
        long blocks = ContractionConfig.DivideUp(Height, rows);
        long work = Images * Height * Width * Pieces.Sum(p => (long)p.Lanes) * window.Kernel.Aggregate(1L, (a, b) => a * b);
        int threads = work < SerialMacs ? 1 : machine.Threads;
        long slices = threads == 1 ? 1 : Math.Clamp(ContractionConfig.DivideUp(threads * JobsPerThread, Images * blocks), 1, full);

        Stmt Block(Expr image, Expr block, Expr slice) => draft.Let([Build.Min(block * rows, Height - rows)], row =>
            draft.Loop(ContractionConfig.DivideUp(Width, places), t =>
                draft.Let([Build.Min(t * places, Width - places)], column =>
                {
                    var v = draft.Variable("v");
                    var whole = new For(
                        v, Build.FloorDiv(slice * full, slices), Build.FloorDiv((slice + 1) * full, slices), LoopKind.Serial,
                        tile(image, row[0], column[0], v * lanes, Pieces[0]));
                    var rest = Pieces.Skip((int)full).ToList();
                    var ends = Stmt.Sequence(rest.Select(p => tile(image, row[0], column[0], p.Start, p)));
                    return Stmt.Sequence(whole, rest.Count == 0 || slices == 1 ? ends : new If(Build.Equal(slice, slices - 1), ends));
                })));

        return draft.ParallelLoop(Images * blocks * slices, threads, job => Block(
            Build.FloorDiv(job, blocks * slices), Build.FloorMod(Build.FloorDiv(job, slices), blocks), Build.FloorMod(job, slices)), work);
    }
}
