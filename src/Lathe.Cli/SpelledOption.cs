using System.CommandLine;

namespace Lathe.Cli;

/// <summary>An option that other tools have under other names, which are understood and not shown in the help.</summary>
internal sealed class SpelledOption(Option<string?> option, params string[] spellings)
{
    private readonly Option<string?>[] _all = [option, .. spellings.Select(s => new Option<string?>(s) { Hidden = true })];

    public string Name => option.Name;

    public void AddTo(Command verb)
    {
        foreach (var one in _all)
            verb.Add(one);
    }

    /// <summary>What was given, under whatever name; null where nothing was. Throws a <see cref="UsageException"/> for two names at once.</summary>
    public string? Value(ParseResult parsed)
    {
        var given = _all.Where(o => parsed.GetValue(o) is not null).ToList();
        return given.Count <= 1
            ? given.Select(parsed.GetValue).FirstOrDefault()
            : throw new UsageException("LATHE7053", $"{given[0].Name} and {given[1].Name} mean the same", $"give only {option.Name}");
    }
}
