using Lathe.Formats.Onnx;

namespace Lathe.Compilation;

/// <summary>How models are written.</summary>
/// <param name="Opset">The operator set of an ONNX model.</param>
/// <param name="HalfWeights">Whether a TFLite model's large constants are stored as fp16.</param>
public sealed record WriteOptions(int Opset = OnnxExporter.DefaultOpset, bool HalfWeights = false);
