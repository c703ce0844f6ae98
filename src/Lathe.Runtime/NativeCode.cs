using System.Runtime.InteropServices;

namespace Lathe.Runtime;

/// <summary>Machine code with the C interface of compiled models, from a library or a just-in-time compiler.</summary>
public sealed unsafe class NativeCode : ModelCode
{
    /// <summary>The version of the C interface that this runtime calls.</summary>
    public const int AbiVersion = 1;

    /// <summary>The environment variable that names a folder where code is loaded from and stays, so that profilers and debuggers can read the kernels' names.</summary>
    public const string FolderVariable = "LATHE_CODE_DIR";

    private readonly delegate* unmanaged[Cdecl]<Context*, int, int, void> _runSteps;
    private readonly IDisposable? _owner;
    private bool _disposed;

    /// <summary>Takes the address of <c>lathe_run_steps</c>, valid until <paramref name="owner"/> is disposed, which this object does.</summary>
    public NativeCode(nint runSteps, IDisposable? owner)
    {
        _runSteps = (delegate* unmanaged[Cdecl]<Context*, int, int, void>)runSteps;
        _owner = owner;
    }

    /// <summary>The folder that <see cref="FolderVariable"/> names, or null.</summary>
    public static string? KeptIn => Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder ? folder : null;

    /// <summary>Loads a shared library of a compiled model; <paramref name="name"/> is for errors. Throws a <see cref="ModelException"/> where that fails.</summary>
    public static NativeCode Load(ReadOnlySpan<byte> library, string name)
    {
        var code = CodeLibrary.Load(library, name);
        return new(code.Symbol("lathe_run_steps"), code);
    }

    public override void Run(nint* inputs, nint* outputs, nint parameters, nint arena, WorkerPool pool, int firstStep, int lastStep)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var context = new Context
        {
            Inputs = inputs,
            Outputs = outputs,
            Parameters = parameters,
            Arena = arena,
            ParallelFor = pool.NativeParallelFor,
            Pool = pool.NativePool,
        };
        _runSteps(&context, firstStep, lastStep);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
            _owner?.Dispose();
        _disposed = true;
        base.Dispose(disposing);
    }

    /// <summary>The C interface's <c>lathe_context</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Context
    {
        public nint* Inputs;
        public nint* Outputs;
        public nint Parameters;
        public nint Arena;
        public delegate* unmanaged[Cdecl]<void*, delegate* unmanaged[Cdecl]<void*, long, void>, void*, long, void> ParallelFor;
        public void* Pool;
    }
}
