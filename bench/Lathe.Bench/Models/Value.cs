namespace Lathe.Bench.Models;

/// <summary>A value of a model under construction: its name in the file and its extents. Images are [N, C, H, W].</summary>
internal sealed record Value(string Name, params long[] Shape)
{
    public long Channels => Shape[1];

    public long Last => Shape[^1];

    public long Count => Shape.Aggregate(1L, (product, extent) => product * extent);
}
