namespace Lathe.Peers;

/// <summary>ONNX Runtime refused something, in its own words, or could not be loaded.</summary>
public sealed class OnnxRuntimeException(string message, Exception? inner = null) : Exception(message, inner);
