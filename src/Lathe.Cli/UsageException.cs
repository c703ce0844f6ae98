namespace Lathe.Cli;

/// <summary>The command line itself is wrong.</summary>
internal sealed class UsageException(string code, string message, string? next = null) : LatheException(code, message, next, null)
{
    public override int ExitCode => 2;
}
