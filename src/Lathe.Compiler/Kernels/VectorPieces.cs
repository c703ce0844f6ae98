using System.Numerics;

namespace Lathe.Compilation.Kernels;

/// <summary>Cuts a row of elements into vectors: as many full ones as fit, then halves, down to single elements.</summary>
internal static class VectorPieces
{
    /// <summary>How many pieces <see cref="Of"/> gives for vectors of a power of two.</summary>
    public static long Count(long count, int lanes) => (count / lanes) + BitOperations.PopCount((ulong)(count % lanes));

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
}
