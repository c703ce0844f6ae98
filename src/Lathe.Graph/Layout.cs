namespace Lathe.Graphs;

/// <summary>
/// Where an image's channels are. ChannelsFirst: data [N, C, spatial...], convolution weights [O, I/groups, spatial...].
/// ChannelsLast: data [N, spatial..., C], convolution weights [spatial..., I/groups, O].
/// </summary>
public enum Layout
{
    ChannelsFirst, ChannelsLast,
}
