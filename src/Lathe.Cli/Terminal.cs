using System.CommandLine;

namespace Lathe.Cli;

/// <summary>Where a command writes: results to <paramref name="Out"/>, all else to <paramref name="Error"/>.</summary>
/// <param name="Interactive">Whether a person watches <paramref name="Error"/>, so that progress may be shown there.</param>
internal sealed record Terminal(TextWriter Out, TextWriter Error, bool Interactive = false)
{
    public static Terminal OfProcess() => new(new PlainTextWriter(Console.Out), Console.Error, !Console.IsErrorRedirected);

    public void Note(string text) => Error.WriteLine($"note: {PlainTextWriter.Clean(text)}");

    /// <summary>A line that the next one overwrites; shown to people only.</summary>
    public void Progress(string text)
    {
        if (Interactive)
            Error.Write($"\r{text}\e[K");
    }

    public void EndProgress()
    {
        if (Interactive)
            Error.Write("\r\e[K");
    }

    public InvocationConfiguration Invocation => new() { Output = Out, Error = Error, EnableDefaultExceptionHandler = false };
}
