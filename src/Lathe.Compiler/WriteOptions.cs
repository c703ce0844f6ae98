using Lathe.Formats.Onnx;

namespace Lathe.Compilation;

/// <summary>How models are written.</summary>
/// <param name="Opset">The operator set of an ONNX model.</param>
public sealed record WriteOptions(int Opset = OnnxExporter.DefaultOpset);
