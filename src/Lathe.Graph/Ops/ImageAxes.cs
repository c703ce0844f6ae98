using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>Which axes of an image tensor are its channels and its first spatial one. The batch is axis 0.</summary>
public readonly record struct ImageAxes(int Channel, int FirstSpatial, int Rank)
{
    public int SpatialRank => Rank - 2;

    public static ImageAxes Of(Layout layout, int rank) => layout == Layout.ChannelsFirst ? new(1, 2, rank) : new(rank - 1, 1, rank);

    /// <summary>An image shape of this layout.</summary>
    public Shape With(Dim batch, Dim channels, Func<int, Dim> spatial)
    {
        var dims = new Dim[Rank];
        dims[0] = batch;
        dims[Channel] = channels;
        for (int i = 0; i < SpatialRank; i++)
            dims[FirstSpatial + i] = spatial(i);
        return [.. dims];
    }
}
