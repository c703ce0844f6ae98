namespace Lathe.Formats.TFLite.Exporting.Writers;

/// <summary>Integers that stand for reals.</summary>
internal static class QuantizationWriters
{
    public static void AddTo(ExportTable table)
    {
    }
}
