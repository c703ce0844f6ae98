namespace Lathe.Cli.Images;

/// <summary>A picture of 8-bit red, green, blue, row after row from the top without gaps.</summary>
internal sealed record RgbImage(int Width, int Height, byte[] Rgb);
