namespace Lathe;

/// <summary>A bug in Lathe: an invariant did not hold. The message asks for a report.</summary>
public sealed class InternalException(string code, string message, Exception? inner = null)
    : LatheException(code, message, "this is a bug in Lathe; please report it with the model or a way to make it", inner)
{
    public override int ExitCode => 70;
}
