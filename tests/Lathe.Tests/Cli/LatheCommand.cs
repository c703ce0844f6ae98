using System.Runtime.CompilerServices;
using Lathe.Cli;

namespace Lathe.Tests.Cli;

/// <summary>Runs the command in this process.</summary>
internal sealed record LatheCommand(int ExitCode, string Out, string Error)
{
    public static string Mnist { get; } = Asset("mnist.onnx");

    public static LatheCommand Run(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        int code = CommandLine.Run(args, new Terminal(output, error));
        return new(code, output.ToString(), error.ToString());
    }

    /// <summary>Asserts an error block: the code, what to do next where there is something, and no stack trace.</summary>
    public void AssertError(int exitCode, string code, string mention)
    {
        Assert.Equal(exitCode, ExitCode);
        Assert.Equal("", Out);
        string block = Error[Error.IndexOf("error ", StringComparison.Ordinal)..];
        Assert.StartsWith($"error {code}: ", block);
        Assert.Contains(mention, block);
        Assert.DoesNotContain("   at ", Error);
    }

    /// <summary>The cells of the row of a printed table that starts with <paramref name="first"/>.</summary>
    public string[] Row(string first) => Out.Split('\n').Single(l => l.StartsWith(first + "  ", StringComparison.Ordinal))
        .Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string Asset(string name, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "assets", name));
}
