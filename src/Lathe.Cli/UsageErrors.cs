using System.CommandLine;
using System.CommandLine.Parsing;

namespace Lathe.Cli;

/// <summary>Turns what the parser found into one error, with the nearest name for one that is unknown.</summary>
internal static class UsageErrors
{
    public static void ThrowIfAny(ParseResult parsed, string[] args)
    {
        if (parsed.Errors.Count == 0)
            return;
        var command = parsed.CommandResult.Command;
        bool isRoot = command is RootCommand;
        string help = isRoot ? "see 'lathe --help'" : $"see 'lathe {command.Name} --help'";
        if (isRoot && args.FirstOrDefault(a => !a.StartsWith('-')) is { } verb)
        {
            throw new UsageException("LATHE7001", $"there is no verb '{verb}'",
                Suggest(verb, Verbs(command)) ?? $"the verbs are: {string.Join(", ", Verbs(command))}");
        }
        // The parser takes an unknown option for an argument where one is still open.
        var arguments = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens).Select(t => t.Value);
        if (parsed.UnmatchedTokens.Concat(arguments).FirstOrDefault(t => t.StartsWith('-')) is { } option)
        {
            string name = option.Split('=', ':')[0];
            var names = command.Options.SelectMany(o => o.Aliases.Prepend(o.Name));
            throw new UsageException("LATHE7002", $"{(isRoot ? "lathe" : command.Name)} has no option '{name}'", Suggest(name, names) ?? help);
        }
        throw new UsageException("LATHE7002", string.Join("\n  ", parsed.Errors.Select(Describe).Distinct()), help);
    }

    private static IEnumerable<string> Verbs(Command command) => command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name);

    /// <summary>"did you mean ...?" for a name that is close enough to be meant, or null.</summary>
    public static string? Suggest(string name, IEnumerable<string> names)
    {
        var near = names.Select(n => (Name: n, Distance: Distance(name, n))).OrderBy(n => n.Distance).FirstOrDefault((Name: "", Distance: int.MaxValue));
        return near.Distance <= Math.Max(1, name.Length / 2) ? $"did you mean '{near.Name}'?" : null;
    }

    private static string Describe(ParseError error) => error.SymbolResult switch
    {
        ArgumentResult { Argument: { } argument, Tokens.Count: 0, Parent: CommandResult } => $"{argument.Name} is missing: {argument.Description}",
        _ => error.Message.TrimEnd('.'),
    };

    /// <summary>Edits of one character, and swaps of neighbours, from one name to the other (optimal string alignment).</summary>
    private static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    d[i, j] = i + j;
                    continue;
                }
                int replace = d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                d[i, j] = Math.Min(replace, Math.Min(d[i - 1, j], d[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }
        return d[a.Length, b.Length];
    }
}
