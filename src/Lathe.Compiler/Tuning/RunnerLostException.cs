namespace Lathe.Compilation.Tuning;

/// <summary>The process that runs kernels has ended, or was ended because it did not answer in time.</summary>
/// <param name="status">What that says of the kernel that ran.</param>
internal sealed class RunnerLostException(RecordStatus status, string message) : Exception(message)
{
    public RecordStatus Status => status;
}
