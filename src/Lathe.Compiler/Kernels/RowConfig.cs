using Lathe.Compilation.Scheduling;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>How rows are passed over.</summary>
/// <param name="Rows">Rows in a block: each pass goes over all of them.</param>
/// <param name="Vectors">Vectors in a turn of the loop along a row.</param>
internal sealed record RowConfig(long Rows, long Vectors)
{
    /// <summary>Vector operations that are written out for a row, instead of a loop.</summary>
    private const long WrittenOut = 512;

    /// <summary>Vectors in a turn of a loop, so that additions do not wait for each other.</summary>
    private const int UsualVectors = 4;

    /// <summary>Rows in a block: enough to hide how long a row takes to add up.</summary>
    private const long UsualRows = 8;

    /// <summary>The default where a task has that many rows of a result.</summary>
    public static RowConfig For(RowPlan plan, RowSpace space, long rows, MachineFacts machine)
    {
        var element = plan.Nodes[^1].Output.Element;
        long inCache = machine.L1Bytes / 2 / (space.Length * element.Size);
        long vectors = Math.Max(1, space.Length / machine.Lanes(element));
        return new(
            Math.Clamp(Math.Min(inCache, rows), 1, UsualRows),
            vectors * plan.Work <= WrittenOut ? vectors : Math.Min(vectors, UsualVectors));
    }
}
