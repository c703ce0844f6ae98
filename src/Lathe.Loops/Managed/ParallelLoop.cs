namespace Lathe.Loops.Managed;

/// <summary>The body of a parallel loop: captured values, Local memory of this activation, iteration.</summary>
internal delegate void ParallelBody(long captured, long locals, long iteration);

/// <summary>Starts a parallel loop from compiled code.</summary>
internal static class ParallelLoop
{
    /// <summary>Runs iterations <paramref name="begin"/> to <paramref name="end"/> - 1, in order where no way to run them in parallel is given.</summary>
    public static void Run(IParallelFor? parallel, ParallelBody body, long captured, long localBytes, long begin, long end)
    {
        if (end <= begin)
            return;
        if (parallel is not null && end - begin > 1)
        {
            parallel.Run(i => Activate(body, captured, localBytes, begin + i, begin + i + 1), end - begin);
            return;
        }
        Activate(body, captured, localBytes, begin, end);
    }

    private static void Activate(ParallelBody body, long captured, long localBytes, long begin, long end)
    {
        long locals = LocalMemory.Push(localBytes);
        try
        {
            for (long i = begin; i < end; i++)
                body(captured, locals, i);
        }
        finally
        {
            LocalMemory.Pop();
        }
    }
}
