using Lathe.Cli.Images;
using Lathe.Formats;
using Lathe.Runtime;
using Lathe.Tensors;

namespace Lathe.Cli.Running;

/// <summary>Brings what the user gives (arrays, a picture, a way to fill the rest) and what a model takes together.</summary>
internal sealed class InputBinding(RunRequest request, Terminal terminal)
{
    /// <summary>Longer integer inputs are data; shorter ones may be shapes or axes that the model computes with.</summary>
    private const int MaxShapeElements = 64;

    /// <summary>What the model's file says, once it has been looked at; bundles say nothing.</summary>
    public ModelFileInfo? Info { get; private set; }

    private readonly OrderedDictionary<string, Tensor> _arrays = request.InputFile is { } file ? NpzFile.Read(file) : [];

    /// <summary>How to import a model so that its open extents fit what is given.</summary>
    public ImportOptions ImportOptions(ModelFileInfo info)
    {
        Info = info;
        CheckNames(info.Inputs.Select(i => i.Name));
        var shapes = new InputShapes();
        foreach (var (name, shape) in request.Import.InputShapes)
            shapes.Add(name, shape);
        var values = request.Import.InputValues.ToDictionary();
        foreach (var (name, array) in _arrays)
        {
            var declared = info.Inputs.First(i => i.Name == name).Shape;
            if (!request.Import.InputShapes.TryGet(name, out _) && declared is not { IsKnown: true })
                shapes.Add(name, array.Shape);
            if (!array.Type.IsFloat && array.Count <= MaxShapeElements && array.Shape.Rank <= 1 && declared?.Rank == array.Shape.Rank)
                values[name] = array;
        }
        if (request.Picture is { } picture && PictureTarget([.. info.Inputs.Where(i => i.Shape is not null).Select(i => (i.Name, i.Shape!))]) is { } input
            && !request.Import.InputShapes.TryGet(input.Name, out _) && !input.Shape.IsKnown)
            shapes.Add(input.Name, picture.Complete(input.Shape));
        return request.Import with { InputShapes = shapes, InputValues = values };
    }

    /// <summary>Sets every input of a session.</summary>
    public void Bind(Session session)
    {
        var specs = session.Info.Inputs;
        CheckNames(specs.Select(s => s.Name));
        foreach (var (name, array) in _arrays)
            session.SetInput(name, array);
        foreach (var (name, value) in request.Import.InputValues.Where(v => !_arrays.ContainsKey(v.Key) && specs.Any(s => s.Name == v.Key)))
            session.SetInput(name, InputValues.As(value, session.Input(name).Type, session.Input(name).Shape));
        string? pictured = null;
        if (request.Picture is { } picture)
        {
            var (name, shape) = PictureTarget([.. specs.Select(s => (s.Name, s.TensorShape))])
                ?? throw new ModelException("LATHE7012", "none of the model's inputs takes a picture", $"its inputs are: {string.Join("; ", specs)}");
            session.SetInput(name, AsTheModelSays(picture, name).ToTensor(name, session.Input(name).Type, shape));
            pictured = name;
        }
        int seed = 0;
        foreach (var spec in specs)
        {
            seed++;
            if (_arrays.ContainsKey(spec.Name) || request.Import.InputValues.ContainsKey(spec.Name) || spec.Name == pictured)
                continue;
            request.FillMode.Fill(session.Input(spec.Name), seed);
            terminal.Note($"input '{spec.Name}' {spec.Element.Name}{spec.TensorShape} is not given and is filled with {(request.FillMode == FillMode.Random ? "random numbers" : request.FillMode.ToString().ToLowerInvariant())} (--fill-mode)");
        }
    }

    /// <summary>The first input that no array is given for and that a picture fits.</summary>
    private (string Name, Shape Shape)? PictureTarget(IReadOnlyList<(string Name, Shape Shape)> inputs)
    {
        foreach (var input in inputs)
            if (!_arrays.ContainsKey(input.Name) && request.Picture!.Fits(input.Shape))
                return input;
        return null;
    }

    private PictureInput AsTheModelSays(PictureInput picture, string input)
    {
        if (!picture.IsOpen || Info is null || !Info.Normalizations.TryGetValue(input, out var normalization))
            return picture;
        if (normalization == new PixelNormalization([0], [1]))
            return picture;
        terminal.Note($"pixels go into '{input}' as the model's metadata says: {normalization} (--mean, --std, --scale)");
        return picture with { Mean = normalization.Mean, Std = normalization.Std };
    }

    private void CheckNames(IEnumerable<string> expected)
    {
        string[] unknown = [.. _arrays.Keys.Except(expected)];
        if (unknown.Length > 0)
        {
            string list = $"its inputs are: {string.Join(", ", expected)}";
            throw new ModelException("LATHE7010", $"'{request.InputFile}' holds {string.Join(", ", unknown.Select(n => $"'{n}'"))}, and the model has no such input",
                UsageErrors.Suggest(unknown[0], expected) is { } nearest ? $"{nearest} {list}" : list);
        }
    }
}
