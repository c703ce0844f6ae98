using Slot = Lathe.Peers.OnnxRuntimeApi.Slot;

namespace Lathe.Peers;

/// <summary>ONNX Runtime on the CPU, as its users have it: all graph optimizations, default spinning, no tuning.</summary>
public sealed class OnnxRuntime : IDisposable
{
    // What goes wrong comes back as a status; a copy of it on stderr would only repeat it.
    private const int LogFatal = 4;
    private const int OptimizeAll = 99;

    private readonly OnnxRuntimeApi _api;
    private nint _env;

    /// <summary>Loads the library from <paramref name="path"/>, or from where <see cref="OnnxRuntimeLibrary"/> finds it.</summary>
    public OnnxRuntime(string? path = null)
    {
        Path = path ?? OnnxRuntimeLibrary.Require();
        _api = new OnnxRuntimeApi(Path);
        _env = _api.CreateEnv(LogFatal, "lathe");
    }

    public string Path { get; }

    public string Version => _api.Version;

    /// <summary>Loads a model's bytes. External data is not found this way; see <see cref="LoadFile"/>.</summary>
    /// <param name="model">An ONNX file's content.</param>
    /// <param name="threads">Threads for one operator, 0 for as many as there are cores.</param>
    public OnnxRuntimeSession Load(ReadOnlySpan<byte> model, int threads = 1)
    {
        nint options = Options(threads);
        try
        {
            return new OnnxRuntimeSession(_api, _api.CreateSession(_env, model, options));
        }
        finally
        {
            _api.Release(Slot.ReleaseSessionOptions, options);
        }
    }

    /// <summary>Loads a model from a file, with external data beside it.</summary>
    public OnnxRuntimeSession LoadFile(string path, int threads = 1)
    {
        nint options = Options(threads);
        try
        {
            return new OnnxRuntimeSession(_api, _api.CreateSession(_env, path, options));
        }
        finally
        {
            _api.Release(Slot.ReleaseSessionOptions, options);
        }
    }

    public void Dispose()
    {
        _api.Release(Slot.ReleaseEnv, _env);
        _env = 0;
    }

    private nint Options(int threads)
    {
        nint options = _api.CreateSessionOptions();
        _api.SetGraphOptimizationLevel(options, OptimizeAll);
        _api.SetIntraOpThreads(options, threads);
        _api.SetInterOpThreads(options, 1);
        return options;
    }
}
