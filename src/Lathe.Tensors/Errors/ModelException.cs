namespace Lathe;

/// <summary>The user's model, input or file is wrong.</summary>
public sealed class ModelException(string code, string message, string? next = null, Exception? inner = null)
    : LatheException(code, message, next, inner)
{
    public override int ExitCode => 3;
}
