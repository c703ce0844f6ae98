using System.Runtime.InteropServices;

namespace Lathe.Cli.Doctor;

/// <summary>A shared library that Lathe loads when it first needs it.</summary>
internal sealed record SystemLibrary(string File, string Package, string For)
{
    public static IReadOnlyList<SystemLibrary> OfPictures { get; } =
    [
        new("libturbojpeg.so.0", "libturbojpeg0", "JPEG pictures"),
        new("libpng16.so.16", "libpng16-16", "PNG pictures"),
    ];

    public static SystemLibrary OfTuning { get; } = new("libxgboost.so.0", "libxgboost0", "learning while tuning");

    public bool IsThere()
    {
        if (!NativeLibrary.TryLoad(File, out nint handle))
            return false;
        NativeLibrary.Free(handle);
        return true;
    }
}
