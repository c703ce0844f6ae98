using System.CommandLine;
using Lathe.Formats;

namespace Lathe.Cli;

/// <summary>The options that say how a model is read, the same for every verb that reads one.</summary>
internal sealed class ImportArguments
{
    private readonly Option<string?> _shapes = new("--input-shapes")
    {
        Description = "shapes of inputs, as \"data:[1,3,224,224] mask:[1,16]\"; an extent that stays open is taken as 1",
        HelpName = "SHAPES",
    };

    private readonly Option<string?> _signature = new("--signature") { Description = "the entry to read of a model that has several, by its key", HelpName = "KEY" };
    private readonly Option<string?> _tags = new("--tag-set") { Description = "the tags of the graph to read of a SavedModel that holds several, with commas between; 'serve' if not given", HelpName = "TAGS" };
    private readonly Option<string?> _inputs = new("--input-arrays") { Description = "values of a TensorFlow graph to take as its inputs, as \"a:0,b:0\" or \"a:0[1,28,28,1]\" with a shape", HelpName = "NAMES" };
    private readonly Option<string?> _outputs = new("--output-arrays") { Description = "values of a TensorFlow graph to take as its outputs", HelpName = "NAMES" };

    private IEnumerable<Option<string?>> All => [_shapes, _signature, _tags, _inputs, _outputs];

    /// <summary>Also takes what other converters call these options.</summary>
    public ImportArguments WithOtherSpellings()
    {
        Add(_shapes, "--input_shapes");
        Add(_signature, "--saved_model_signature_key", "--signature_def");
        Add(_tags, "--saved_model_tag_set", "--tag");
        Add(_inputs, "--inputs", "--input_arrays");
        Add(_outputs, "--outputs", "--output_arrays");
        return this;

        static void Add(Option option, params string[] spellings) => Array.ForEach(spellings, option.Aliases.Add);
    }

    public void AddTo(Command verb)
    {
        foreach (var option in All)
            verb.Add(option);
    }

    public ImportOptions Read(ParseResult parsed)
    {
        var (inputs, shapes) = NamesWithShapes(parsed.GetValue(_inputs));
        return new()
        {
            InputShapes = Shapes(parsed.GetValue(_shapes), inputs, shapes),
            Signature = parsed.GetValue(_signature),
            TagSet = Split(parsed.GetValue(_tags)),
            Inputs = inputs,
            Outputs = NamesWithShapes(parsed.GetValue(_outputs)).Names,
        };
    }

    /// <summary>Names that may have a shape in brackets behind them; the commas of shapes part no names.</summary>
    private static (IReadOnlyList<string> Names, string Shapes) NamesWithShapes(string? text)
    {
        var names = new List<string>();
        var shapes = new List<string>();
        foreach (string item in SplitOutsideBrackets(text ?? ""))
        {
            int open = item.IndexOf('[', StringComparison.Ordinal);
            string name = open < 0 ? item : item[..open].TrimEnd();
            names.Add(name);
            if (open >= 0)
                shapes.Add($"{name}:{item[open..]}");
        }
        return (names, string.Join(' ', shapes));
    }

    /// <summary>Shapes without names, "1,28,28,1:1,3", are those of the named inputs in their order.</summary>
    private static InputShapes Shapes(string? given, IReadOnlyList<string> inputs, string behindNames)
    {
        if (given is not null && inputs.Count > 0 && given.All(c => char.IsAsciiDigit(c) || c is ',' or ':' or '-'))
        {
            string[] each = given.Split(':');
            if (each.Length != inputs.Count)
                throw new UsageException("LATHE7050", $"--input-shapes has {each.Length} shapes for {inputs.Count} inputs", "give one for each, with colons between, or write them with names: \"data:[1,3,224,224]\"");
            given = string.Join(' ', inputs.Zip(each, (name, shape) => $"{name}:[{shape}]"));
        }
        string all = $"{given} {behindNames}";
        return string.IsNullOrWhiteSpace(all) ? InputShapes.None : InputShapes.Parse(all);
    }

    private static string[] Split(string? text) => text?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static IEnumerable<string> SplitOutsideBrackets(string text)
    {
        int start = 0, depth = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && text[i] is '[' or ']')
                depth += text[i] == '[' ? 1 : -1;
            if (i < text.Length && (depth > 0 || text[i] != ','))
                continue;
            if (text[start..i].Trim() is { Length: > 0 } item)
                yield return item;
            start = i + 1;
        }
    }
}
