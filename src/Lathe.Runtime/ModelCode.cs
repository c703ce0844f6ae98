namespace Lathe.Runtime;

/// <summary>The code of a model, whatever made it. It may run in several sessions at a time.</summary>
public abstract class ModelCode : IDisposable
{
    /// <summary>
    /// Runs steps <paramref name="firstStep"/> to <paramref name="lastStep"/> - 1.
    /// </summary>
    /// <param name="inputs">An address for each input, in the model's order, aligned to its elements.</param>
    /// <param name="outputs">An address for each output; they overlap neither each other nor an input.</param>
    /// <param name="parameters">The parameter block, 64-byte aligned.</param>
    /// <param name="arena">Work space of the model's arena bytes, 64-byte aligned, that no other run uses meanwhile.</param>
    public abstract unsafe void Run(nint* inputs, nint* outputs, nint parameters, nint arena, WorkerPool pool, int firstStep, int lastStep);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}
