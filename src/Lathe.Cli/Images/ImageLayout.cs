namespace Lathe.Cli.Images;

/// <summary>The order of a picture tensor's axes: batch, channels, height, width.</summary>
internal enum ImageLayout
{
    Nchw,
    Nhwc,
}
