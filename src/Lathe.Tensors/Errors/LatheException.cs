namespace Lathe;

/// <summary>
/// The root of every error that Lathe reports. <see cref="Code"/> is stable across releases; <see cref="Next"/> says
/// what the reader can do about it.
/// </summary>
public abstract class LatheException(string code, string message, string? next, Exception? inner) : Exception(message, inner)
{
    public string Code { get; } = code;

    public string? Next { get; } = next;

    /// <summary>What the command line exits with: 3 model, 4 unsupported, 70 internal.</summary>
    public abstract int ExitCode { get; }
}
