using Lathe.Loops;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// Output places cut into register tiles. Where moving the last tile back so that it ends with the places would compute many of
/// them twice, tiles come in two heights instead, which differ by one: tall ones first.
/// </summary>
/// <param name="Places">Output places, one after another.</param>
/// <param name="MaxRows">The most places in a tile.</param>
/// <param name="Once">No place is computed twice.</param>
internal sealed record RowTiles(long Places, int MaxRows, bool Once = false)
{
    /// <summary>One place in so many may be computed twice, to spare the code of a second height.</summary>
    private const int WasteLimit = 100;

    public long Count => ContractionConfig.DivideUp(Places, MaxRows);

    /// <summary>Places of a tall tile; the others have one less.</summary>
    public int Rows => MovesBack ? MaxRows : (int)ContractionConfig.DivideUp(Places, Count);

    public long TallCount => MovesBack ? Count : Places - (Count * (Rows - 1));

    private bool MovesBack => Places >= MaxRows && ((Count * MaxRows) - Places) * WasteLimit <= (Once ? 0 : Places);

    /// <summary>The tiles by height, with the numbers that the first and the last (exclusive) of them have.</summary>
    public IEnumerable<(int Rows, long Begin, long End)> Heights()
    {
        yield return (Rows, 0, TallCount);
        if (TallCount < Count)
            yield return (Rows - 1, TallCount, Count);
    }

    /// <summary>The first place of a tile of that many rows.</summary>
    public Expr First(Expr tile, int rows) =>
        rows < Rows ? (tile * rows) + TallCount
        : MovesBack && Places % Rows != 0 ? Build.Min(tile * rows, Places - rows)
        : tile * rows;

    /// <summary>Whether a tile may reach over the end of an image row of that width.</summary>
    public bool Crosses(long width) => Places > width && (width % Rows != 0 || TallCount < Count);
}
