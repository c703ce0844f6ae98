using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// A few rows by a few places of a depthwise convolution, of a convolution of small groups, or of a max pool, for one vector of channels, kept in registers. Each
/// datum is loaded once and added to all sums (or compared with all greatest elements) whose windows it is in; the code is written out in full.
/// </summary>
/// <param name="draft">The kernel that is being written.</param>
/// <param name="window">The window.</param>
/// <param name="element">The result's element type.</param>
/// <param name="config">The tile's extents.</param>
/// <param name="depth">Channels of a group, as many as its columns: a vector holds whole groups, whose channels come to all of their columns in turn.</param>
internal sealed class WindowTile(KernelDraft draft, Window window, DType element, WindowConfig config, int depth = 1)
{
    private readonly int _kernelHeight = window.Rank == 2 ? (int)window.Kernel[0] : 1;
    private readonly int _kernelWidth = (int)window.Kernel[^1];

    /// <summary>The weights of a convolution for some of its columns, by row and column of the window and channel of the group; null for a pool.</summary>
    public static Func<Expr, Func<int, int, int, Expr>>? Weights(KernelDraft draft, Node node)
    {
        if (node.Op is not Conv { Window: var window })
            return null;
        var weights = draft.Input(node.Inputs[1]);
        return columns => (kh, kw, c) => window.Rank == 2 ? weights[kh, kw, c, columns] : weights[kw, c, columns];
    }

    /// <summary>
    /// Sums and what becomes of them. <paramref name="data"/> is the datum in a row and column counted from the first of the tile's windows,
    /// <paramref name="weights"/> the window's weight in a row and column for a channel of the group, both of so many lanes, or null for a pool;
    /// <paramref name="store"/> gets the row and place in the tile and the sum.
    /// </summary>
    public Stmt Write(int lanes, Func<long, long, Expr> data, Func<int, int, int, Expr>? weights, Func<int, int, Expr, Stmt> store)
    {
        var sums = draft.Local(element, config.Rows, config.Places, lanes);
        var begun = new HashSet<(int, int)>();
        Expr[] Place(int row, int place) => [row, place, Build.Lane(0, lanes)];

        Stmt Add(int row, int place, Expr x, Expr? w) => sums.Store(Place(row, place), (w, begun.Add((row, place))) switch
        {
            (null, true) => x,
            (null, false) => Build.Max(sums[Place(row, place)], x),
            (_, true) => x * w,
            (_, false) => MultiplyAdd(x, w, sums[Place(row, place)]),
        });

        var windowRows = Taps(config.Rows, _kernelHeight, window.Rank == 2 ? 0 : -1);
        var windowColumns = Taps(config.Places, _kernelWidth, window.Rank - 1).ToList();
        Stmt Step(IGrouping<long, (long At, int Output, int Tap)> line, int channel)
        {
            int[] used = weights is null ? [] : [.. line.Select(t => t.Tap).Distinct()];
            return draft.Let(used.SelectMany(kh => Enumerable.Range(0, _kernelWidth).Select(kw => weights!(kh, kw, channel))), w =>
                Stmt.Sequence(windowColumns.Select(column => draft.Let([Of(channel, data(line.Key, column.Key))], x => Stmt.Sequence(
                    from t in line
                    from c in column
                    select Add(t.Output, c.Output, x[0], weights is null ? null : w[(Array.IndexOf(used, t.Tap) * _kernelWidth) + c.Tap]))))));
        }
        var steps = windowRows.SelectMany(line => Enumerable.Range(0, depth).Select(channel => Step(line, channel))).ToList();
        var stores =
            from row in Enumerable.Range(0, config.Rows)
            from place in Enumerable.Range(0, config.Places)
            select store(row, place, sums[Place(row, place)]);
        return new Allocate(sums, Stmt.Sequence([.. steps, .. stores]));
    }

    /// <summary>For each datum along an axis, the outputs that it counts for and by which weight, in the order of the data.</summary>
    private IEnumerable<IGrouping<long, (long At, int Output, int Tap)>> Taps(int outputs, int kernel, int axis)
    {
        long stride = axis < 0 ? 1 : window.Strides[axis], dilation = axis < 0 ? 1 : window.Dilations[axis];
        return
            from output in Enumerable.Range(0, outputs)
            from tap in Enumerable.Range(0, kernel)
            let t = (At: (output * stride) + (tap * dilation), Output: output, Tap: tap)
            orderby t.At
            group t by t.At;
    }

    /// <summary>A channel of each group for all of the group's columns.</summary>
    private Expr Of(int channel, Expr data) => depth == 1 ? data : new Shuffle(data, data, [.. Enumerable.Range(0, data.Lanes).Select(lane => (lane / depth * depth) + channel)]);

    /// <summary>Only floats have a fused one.</summary>
    private Expr MultiplyAdd(Expr x, Expr w, Expr sum) => element.IsFloat ? Build.Fma(x, w, sum) : (x * w) + sum;
}
