namespace Lathe.Formats.TFLite;

/// <summary>How a TFLite model is written.</summary>
/// <param name="HalfWeights">Whether large constants are stored as fp16, which takes half of the space; they are widened to f32 when they are used.</param>
public sealed record TFLiteExportOptions(bool HalfWeights = false);
