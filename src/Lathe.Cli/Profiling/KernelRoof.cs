namespace Lathe.Cli.Profiling;

/// <summary>What bounds a kernel: the milliseconds that its arithmetic, its values and its weights take at least in a run.</summary>
/// <param name="ArithmeticMilliseconds">At the processor's peak.</param>
/// <param name="ValueMilliseconds">Of what it reads from kernels before and stores for those after.</param>
/// <param name="WeightMilliseconds">Of the parameters that it reads.</param>
internal sealed record KernelRoof(double ArithmeticMilliseconds, double ValueMilliseconds, double WeightMilliseconds)
{
    /// <summary>Memory brings one thing after the other.</summary>
    public double MemoryMilliseconds => ValueMilliseconds + WeightMilliseconds;

    /// <summary>Arithmetic can go on while memory is read.</summary>
    public double LeastMilliseconds => Math.Max(ArithmeticMilliseconds, MemoryMilliseconds);

    /// <summary>Null where nothing is known.</summary>
    public Limit? Limit => LeastMilliseconds <= 0 ? null
        : ArithmeticMilliseconds >= MemoryMilliseconds ? Profiling.Limit.Arithmetic
        : WeightMilliseconds > ValueMilliseconds ? Profiling.Limit.Weights
        : Profiling.Limit.Values;
}
