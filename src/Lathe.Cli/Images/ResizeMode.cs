namespace Lathe.Cli.Images;

/// <summary>How a picture of one aspect ratio becomes one of another.</summary>
internal enum ResizeMode
{
    /// <summary>Each axis by its own factor.</summary>
    Stretch,

    /// <summary>Both axes by the larger factor, then the middle is cut out.</summary>
    Crop,
}
