using System.Text;

namespace Lathe.Cli;

/// <summary>
/// Writes text without control characters but line ends and tabs, so that names in a model cannot send a terminal commands.
/// </summary>
internal sealed class PlainTextWriter(TextWriter inner) : TextWriter
{
    public override Encoding Encoding => inner.Encoding;

    public static string Clean(string text) => text.Any(IsCommand) ? string.Concat(text.Select(c => IsCommand(c) ? '\uFFFD' : c)) : text;

    public override void Write(char value) => inner.Write(IsCommand(value) ? '\uFFFD' : value);

    public override void Write(string? value) => inner.Write(value is null ? null : Clean(value));

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Flush() => inner.Flush();

    private static bool IsCommand(char c) => char.IsControl(c) && c is not ('\n' or '\r' or '\t');
}
