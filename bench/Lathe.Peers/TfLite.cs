using System.Runtime.InteropServices;
using Lathe.Tensors;

namespace Lathe.Peers;

/// <summary>TensorFlow Lite's C library on the CPU: its own optimized kernels, and XNNPACK's where they are asked for.</summary>
public sealed unsafe class TfLite
{
    private readonly nint _library;

    /// <summary>Loads the library from <paramref name="path"/>, or from where <see cref="TfLiteLibrary"/> finds it.</summary>
    public TfLite(string? path = null)
    {
        Path = path ?? TfLiteLibrary.Require();
        try
        {
            _library = NativeLibrary.Load(Path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new TfLiteException($"'{Path}' could not be loaded: {e.Message}", e);
        }
        Version = Marshal.PtrToStringUTF8((nint)((delegate* unmanaged<byte*>)Function("TfLiteVersion"))()) ?? "";
    }

    public string Path { get; }

    public string Version { get; }

    /// <summary>Loads a .tflite file's content and makes its interpreter ready to run.</summary>
    /// <param name="model">The bytes, which are copied.</param>
    /// <param name="threads">Threads for one operator.</param>
    /// <param name="shapes">Other shapes than the model's for its inputs, by name.</param>
    /// <param name="xnnpack">Whether XNNPACK runs what operators it can, floats and 8-bit integers; faster, and rounded in other places.</param>
    public TfLiteSession Load(ReadOnlySpan<byte> model, int threads = 1, IReadOnlyDictionary<string, Shape>? shapes = null, bool xnnpack = false) =>
        new(this, model, threads, shapes, xnnpack);

    internal nint Function(string name) => NativeLibrary.TryGetExport(_library, name, out nint entry)
        ? entry
        : throw new TfLiteException($"'{Path}' does not export {name}");
}
