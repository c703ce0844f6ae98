using Lathe.Tensors;

namespace Lathe.Bench.Models;

/// <summary>A model to measure: an ONNX file's bytes, inputs for it, and what it costs.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Onnx">The file's content.</param>
/// <param name="Inputs">One tensor for every input, the same on every run.</param>
/// <param name="Macs">Multiply-adds of its contractions (convolutions and matrix products); 0 where nobody counted.</param>
public sealed record BenchModel(string Name, byte[] Onnx, IReadOnlyDictionary<string, Tensor> Inputs, long Macs);
