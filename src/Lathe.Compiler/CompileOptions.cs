namespace Lathe.Compilation;

/// <summary>What a compilation is to give.</summary>
/// <param name="Target">What the code runs on.</param>
/// <param name="Threads">The most threads that a run will use; 0 is one for each of this machine's processors.</param>
public sealed record CompileOptions(Target Target, int Threads = 0)
{
    public int ThreadsToUse => Threads > 0 ? Threads : Environment.ProcessorCount;
}
