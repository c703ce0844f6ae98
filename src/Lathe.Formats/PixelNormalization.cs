using Lathe.Tensors;

namespace Lathe.Formats;

/// <summary>How a model wants its pictures: (pixel - mean) / std of pixels from 0 to 255, with one number for all channels or one for each.</summary>
public sealed record PixelNormalization(EquatableArray<double> Mean, EquatableArray<double> Std)
{
    public override string ToString() => FormattableString.Invariant($"(pixel - {List(Mean)}) / {List(Std)}");

    private static string List(EquatableArray<double> numbers) => string.Join(",", numbers.Select(n => n.ToString("g6", System.Globalization.CultureInfo.InvariantCulture)));
}
