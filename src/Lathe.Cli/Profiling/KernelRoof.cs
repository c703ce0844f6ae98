namespace Lathe.Cli.Profiling;

/// <summary>What bounds a kernel: the milliseconds that its arithmetic, its values and its weights take at least in a run.</summary>
/// <param name="ArithmeticMilliseconds">At the processor's peak.</param>
/// <param name="ValueMilliseconds">Of what it reads from kernels before and stores for those after.</param>
/// <param name="WeightMilliseconds">Of the parameters that it reads.</param>
internal sealed record KernelRoof(double ArithmeticMilliseconds, double ValueMilliseconds, double WeightMilliseconds)
{
    /// <summary>Arithmetic and memory can go on at once; memory brings one thing after the other.</summary>
    public double LeastMilliseconds => Math.Max(ArithmeticMilliseconds, ValueMilliseconds + WeightMilliseconds);

    /// <summary>What the least time is spent on; null where nothing is known.</summary>
    public string? Limit => LeastMilliseconds <= 0 ? null
        : ArithmeticMilliseconds >= LeastMilliseconds ? "arithmetic"
        : WeightMilliseconds > ValueMilliseconds ? "weights"
        : "values";
}
