using Lathe.Tensors;

namespace Lathe;

/// <summary>
/// The model is right, and Lathe cannot do it yet. <see cref="Places"/> lists every such place of the model, a line each,
/// so that nobody has to find them one run at a time.
/// </summary>
public sealed class UnsupportedException(string code, string message, EquatableArray<string> places = default, string? next = null)
    : LatheException(code, places.Count == 0 ? message : $"{message}\n  {string.Join("\n  ", places)}", next, null)
{
    public EquatableArray<string> Places { get; } = places;

    public override int ExitCode => 4;
}
