namespace Lathe.Peers;

/// <summary>TensorFlow Lite refused something, or could not be loaded.</summary>
public sealed class TfLiteException(string message, Exception? inner = null) : Exception(message, inner);
