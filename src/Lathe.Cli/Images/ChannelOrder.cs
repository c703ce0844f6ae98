namespace Lathe.Cli.Images;

/// <summary>Which channels a model takes; gray is 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601).</summary>
internal enum ChannelOrder
{
    Rgb,
    Bgr,
    Gray,
}
