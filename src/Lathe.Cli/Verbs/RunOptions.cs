using System.CommandLine;
using System.Globalization;
using Lathe.Cli.Images;
using Lathe.Cli.Running;
using Lathe.Tensors;

namespace Lathe.Cli.Verbs;

/// <summary>The options of <c>lathe run</c>.</summary>
internal sealed class RunOptions
{
    private readonly Argument<string> _model = new("MODEL|BUNDLE") { Description = "a model, which is compiled in memory, or what 'lathe compile' made" };
    private readonly Option<string?> _inputs = new("--inputs", "-i") { Description = "an .npz file with the model's inputs under their names", HelpName = "FILE" };
    private readonly Option<string?> _outputs = new("--outputs", "-o") { Description = "an .npz file for the outputs, under their names in the model", HelpName = "FILE" };
    private readonly Option<FillMode> _fill = Choice<FillMode>("--fill-mode", "what inputs that are not given hold; random if not given", Enum.GetNames<FillMode>());
    private readonly Option<bool> _printTime = new("--print-time") { Description = "print how long a run takes, after one to warm up" };
    private readonly Option<int> _repeat = SharedOptions.Count("--repeat", 1, 1, "how many measurements --print-time takes");
    private readonly Option<int> _number = SharedOptions.Count("--number", 1, 1, "how many runs a measurement is the mean of");
    private readonly Option<int> _printTop = SharedOptions.Count("--print-top", 0, 0, "print the N greatest elements of the first output");
    private readonly Option<bool> _profile = new("--profile") { Description = "print how long each kernel takes and how near it comes to what this machine can do" };
    private readonly Option<string?> _profilePage = new("--profile-html") { Description = "write the profile as a page for a browser, with a roofline plot", HelpName = "FILE" };
    private readonly Option<string?> _image = new("--image") { Description = "a JPEG or PNG picture for the first input that takes one", HelpName = "FILE" };
    private readonly Option<string?> _labels = new("--labels") { Description = "names of the classes: one a line, or a JSON list or object", HelpName = "FILE" };
    private readonly Option<int> _top = SharedOptions.Count("--top", 5, 1, "how many classes are printed for a picture");
    private readonly Option<string?> _mean = Numbers("--mean", "taken off the scaled pixels: one number, or one for each channel");
    private readonly Option<string?> _std = Numbers("--std", "what that is then divided by");
    private readonly Option<double> _scale = new("--scale") { Description = "what pixels of 0 to 255 are multiplied by first; 0.003921569 makes them 0 to 1", DefaultValueFactory = _ => 1, HelpName = "X" };
    private readonly Option<ImageLayout?> _layout = Choice<ImageLayout?>("--layout", "the order of the input's axes; told by its shape if not given", Enum.GetNames<ImageLayout>());
    private readonly Option<ChannelOrder?> _channels = Choice<ChannelOrder?>("--channel-order", "RGB, or GRAY for one channel, if not given", Enum.GetNames<ChannelOrder>());
    private readonly Option<ResizeMode> _resize = Choice<ResizeMode>("--resize", "how a picture of another shape is made to fit; stretched if not given", Enum.GetNames<ResizeMode>());

    private readonly Option<string?> _target = SharedOptions.Target();
    private readonly Option<int> _threads = SharedOptions.Threads();
    private readonly Option<bool> _exact = SharedOptions.Exact();
    private readonly ImportArguments _import = new();
    private readonly Option<string?> _records = SharedOptions.TuningRecords();

    public void AddTo(Command verb)
    {
        verb.Add(_model);
        Option[] options =
        [
            _inputs, _outputs, _fill, _printTime, _repeat, _number, _printTop, _profile, _profilePage,
            _image, _labels, _top, _scale, _mean, _std, _layout, _channels, _resize,
            _target, _threads, _exact, _records, SharedOptions.Verbose("also print where an error came from"),
        ];
        foreach (var option in options)
            verb.Add(option);
        _import.AddTo(verb);
    }

    public RunRequest Read(ParseResult parsed) => new(parsed.GetRequiredValue(_model))
    {
        Target = parsed.GetValue(_target),
        Threads = parsed.GetValue(_threads),
        Exact = parsed.GetValue(_exact),
        Import = _import.Read(parsed),
        TuningRecords = parsed.GetValue(_records),
        InputFile = parsed.GetValue(_inputs),
        OutputFile = parsed.GetValue(_outputs),
        FillMode = parsed.GetValue(_fill),
        Picture = PictureOf(parsed),
        LabelFile = parsed.GetValue(_labels),
        Top = parsed.GetValue(_top),
        PrintTop = parsed.GetValue(_printTop),
        PrintTime = parsed.GetValue(_printTime),
        Repeat = parsed.GetValue(_repeat),
        Number = parsed.GetValue(_number),
        Profile = parsed.GetValue(_profile),
        ProfilePage = parsed.GetValue(_profilePage),
    };

    private PictureInput? PictureOf(ParseResult parsed) => parsed.GetValue(_image) is { } file
        ? new(file, parsed.GetValue(_layout), parsed.GetValue(_channels), parsed.GetValue(_scale), List(parsed.GetValue(_mean)), List(parsed.GetValue(_std)), parsed.GetValue(_resize))
        {
            IsOpen = new Option[] { _scale, _mean, _std }.All(o => parsed.GetResult(o) is null or { Implicit: true }),
        }
        : null;

    private static Option<T> Choice<T>(string name, string description, string[] values)
    {
        // Abbreviations are written in capitals, words are not.
        bool abbreviated = typeof(T) != typeof(FillMode) && typeof(T) != typeof(ResizeMode);
        string allowed = string.Join('|', values.Select(v => abbreviated ? v.ToUpperInvariant() : v.ToLowerInvariant()));
        var option = new Option<T>(name) { Description = description, HelpName = allowed };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !values.Contains(result.Tokens[0].Value, StringComparer.OrdinalIgnoreCase))
                result.AddError($"{name} takes {allowed}, not '{result.Tokens[0].Value}'");
        });
        return option;
    }

    private static Option<string?> Numbers(string name, string description)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = "A,B,C" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !result.Tokens[0].Value.Split(',').All(n => double.TryParse(n, NumberStyles.Float, CultureInfo.InvariantCulture, out _)))
                result.AddError($"{name} takes numbers with commas between, not '{result.Tokens[0].Value}'");
        });
        return option;
    }

    private static EquatableArray<double> List(string? text) =>
        text is null ? [] : text.Split(',').Select(n => double.Parse(n, NumberStyles.Float, CultureInfo.InvariantCulture)).ToEquatableArray();
}
