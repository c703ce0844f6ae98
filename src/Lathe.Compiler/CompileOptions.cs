using Lathe.Compilation.Tuning;

namespace Lathe.Compilation;

/// <summary>What a compilation is to give.</summary>
/// <param name="Target">What the code runs on.</param>
/// <param name="Threads">The most threads that a run will use; 0 is one for each of this machine's processors.</param>
/// <param name="Exact">Layers are computed as they are defined: slower, and without the rounding of Winograd's method and of dense layers' weights to 21 bits.</param>
/// <param name="Choices">Schedules that measured faster than the default; null for none.</param>
public sealed record CompileOptions(Target Target, int Threads = 0, bool Exact = false, ScheduleChoices? Choices = null)
{
    public int ThreadsToUse => Threads > 0 ? Threads : Environment.ProcessorCount;
}
