using System.CommandLine;
using Lathe.Formats;

namespace Lathe.Cli;

/// <summary>The options that say how a model is read, the same for every verb that reads one; what other converters call them is understood too.</summary>
internal sealed class ImportArguments
{
    private readonly SpelledOption _shapes = new(
        Named("--input-shapes", "SHAPES", "shapes of inputs, as \"data:[1,3,224,224] mask:[1,16]\"; an extent that stays open is taken as 1"), "--input_shapes");

    private readonly SpelledOption _values = new(
        Named("--input-values", "VALUES", "values of inputs that shapes or branches depend on, as \"sr:16000 past:false axes:[1,2]\"; they hold for every run"));

    private readonly SpelledOption _signature = new(
        Named("--signature", "KEY", "the entry to read of a model that has several, by its key"), "--saved_model_signature_key", "--signature_def");

    private readonly SpelledOption _tags = new(
        Named("--tag-set", "TAGS", "the tags of the graph to read of a SavedModel that holds several, with commas between; 'serve' if not given"), "--saved_model_tag_set", "--tag");

    private readonly SpelledOption _inputs;
    private readonly SpelledOption _outputs;

    /// <param name="converter">Whether --inputs and --outputs mean these names too; for verbs where they mean files, they do not.</param>
    public ImportArguments(bool converter = false)
    {
        _inputs = new(
            Named("--input-arrays", "NAMES", "values of a TensorFlow graph to take as its inputs, as \"a:0,b:0\" or \"a:0[1,28,28,1]\" with a shape"),
            [.. converter ? ["--inputs"] : Array.Empty<string>(), "--input_arrays"]);
        _outputs = new(
            Named("--output-arrays", "NAMES", "values of a TensorFlow graph to take as its outputs"),
            [.. converter ? ["--outputs"] : Array.Empty<string>(), "--output_arrays"]);
    }

    public void AddTo(Command verb)
    {
        foreach (var option in new[] { _shapes, _values, _signature, _tags, _inputs, _outputs })
            option.AddTo(verb);
    }

    public ImportOptions Read(ParseResult parsed)
    {
        var (inputs, shapes) = NamesWithShapes(_inputs.Value(parsed));
        return new()
        {
            InputShapes = Shapes(_shapes.Value(parsed), inputs, shapes),
            InputValues = InputValues.Parse(_values.Value(parsed)),
            Signature = _signature.Value(parsed),
            TagSet = SharedOptions.Split(_tags.Value(parsed)),
            Inputs = inputs,
            Outputs = NamesWithShapes(_outputs.Value(parsed)).Names,
        };
    }

    private static Option<string?> Named(string name, string value, string description) => new(name) { Description = description, HelpName = value };

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
