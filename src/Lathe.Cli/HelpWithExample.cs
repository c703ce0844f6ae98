using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Lathe.Cli.Verbs;

namespace Lathe.Cli;

/// <summary>The usual help text, and a verb's examples after it.</summary>
internal sealed class HelpWithExample(HelpAction help) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        int result = help.Invoke(parseResult);
        if (parseResult.CommandResult.Command is Verb verb)
        {
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine(verb.Examples.Count == 1 ? "Example:" : "Examples:");
            foreach (string example in verb.Examples)
                output.WriteLine($"  {example}");
            output.WriteLine();
        }
        return result;
    }
}
