namespace Lathe.Loops.Managed;

/// <summary>Runs the iterations of a parallel loop, in any order and on any threads.</summary>
public interface IParallelFor
{
    /// <summary>Calls <paramref name="body"/> with 0 to <paramref name="count"/> - 1, each once, and returns after the last has ended.</summary>
    void Run(Action<long> body, long count);
}
