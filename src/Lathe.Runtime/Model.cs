namespace Lathe.Runtime;

/// <summary>
/// A compiled model: what it is, its code and its weights. Sessions share them; they are released when the model and all its
/// sessions have been disposed.
/// </summary>
public sealed class Model : IDisposable
{
    private readonly Lock _lock = new();
    private int _users = 1;
    private bool _disposed;

    /// <summary>Owns code and parameters from now on. Throws an <see cref="InternalException"/> when the parameters are of another size.</summary>
    public Model(ModelInfo info, ModelCode code, ParameterMemory parameters)
    {
        if (parameters.Bytes < info.ParameterBytes)
            throw new InternalException("LATHE6002", $"model {info.Name} takes {info.ParameterBytes} bytes of parameters, and {parameters.Bytes} were given");
        (Info, Code, Parameters) = (info, code, parameters);
    }

    public ModelInfo Info { get; }

    /// <summary>Loads a bundle. Throws as <see cref="Bundle.Open"/> and <see cref="Bundle.Load"/> do.</summary>
    public static Model Load(string path)
    {
        using var bundle = Bundle.Open(path);
        return bundle.Load();
    }

    internal ModelCode Code { get; }

    internal ParameterMemory Parameters { get; }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Release();
    }

    internal void Acquire()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _users++;
        }
    }

    internal void Release()
    {
        lock (_lock)
            if (--_users > 0)
                return;
        Code.Dispose();
        Parameters.Dispose();
    }
}
