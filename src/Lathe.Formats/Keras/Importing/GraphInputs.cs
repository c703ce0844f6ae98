using Lathe.Formats.Keras.Reading;
using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Importing;

/// <summary>Makes a graph's inputs of the model's, with the shapes that the user gave. They go by the names of their layers.</summary>
internal static class GraphInputs
{
    /// <summary>All inputs' first extent is the batch.</summary>
    private static readonly Dim Batch = Dim.Named("batch");

    public static (List<Value> Values, List<string> Names) Define(ModelConfig model, GraphBuilder builder, ImportOptions options)
    {
        var inputs = Declared(model, options.InputShapes).ToList();
        foreach (var (name, _) in options.InputShapes)
            if (inputs.All(i => i.Name != name))
                throw new ModelException("LATHE3002", $"the model has no input '{name}'", $"its inputs are: {string.Join(", ", inputs.Select(i => i.Name))}");
        Dim? batch = null;
        foreach (var (name, _, _) in inputs)
            if (options.InputShapes.TryGet(name, out var given) && given.Rank > 0 && given[0].IsKnown)
                batch ??= given[0];
        var values = new List<Value>();
        foreach (var (name, type, shape) in inputs)
        {
            builder.Origin = name;
            values.Add(builder.Input(name, new(type, options.ShapeGiven(name, shape) ?? ShapeOf(name, shape, batch, options))));
        }
        return (values, [.. inputs.Select(i => i.Name)]);
    }

    /// <summary>The inputs' names, element types and shapes, with symbols for what the model leaves open.</summary>
    public static IEnumerable<(string Name, DType Type, Shape Shape)> Declared(ModelConfig model, InputShapes given)
    {
        if (model.IsSequential)
            return [OfSequence(model, given, "")];
        return model.Inputs.Select(reference => model.Layers.FirstOrDefault(l => l.Name == reference.Layer) is { } layer
            ? OfLayer(layer, given)
            : throw new ModelException("LATHE3432", $"the model '{model.Name}' names the layer '{reference.Layer}', which it does not have"));
    }

    private static (string Name, DType Type, Shape Shape) OfLayer(LayerConfig layer, InputShapes given) => layer.ClassName == "InputLayer"
        ? (layer.Name, TypeOf(layer), Symbols(layer.Name, DeclaredShape(layer) ?? throw layer.Settings.Wrong("batch_shape", "a shape")))
        : (layer.Name, TypeOf(layer), given.TryGet(layer.Name, out var shape) ? shape : throw new ModelException(
            "LATHE3436", $"the model's input '{layer.Name}' is no InputLayer, and its shape is not known", $"give it: --input-shapes \"{layer.Name}:[...]\""));

    private static (string Name, DType Type, Shape Shape) OfSequence(ModelConfig model, InputShapes given, string outer)
    {
        if (model.Layers.Count == 0)
            throw new ModelException("LATHE3437", $"the model '{model.Name}' has no layers");
        var first = model.Layers[0];
        if (first.ClassName == "InputLayer")
            return OfLayer(first, given);
        string name = $"{(outer.Length > 0 ? outer : first.Name)}_input";
        if (first.Model is { IsSequential: true } sequence && DeclaredShape(first) is null && model.BuildShape is null)
            return OfSequence(sequence, given, first.Name);
        if (first.Model is { IsSequential: false, Inputs.Count: 1 } inner && Declared(inner, given).ToArray() is [var only])
            return (name, only.Type, only.Shape);
        var shape = DeclaredShape(first) ?? model.BuildShape ?? first.BuildShape;
        if (shape is not null)
            return (name, TypeOf(first), Symbols(name, shape));
        return given.TryGet(name, out var known) ? (name, TypeOf(first), known) : throw new ModelException(
            "LATHE3436", $"the shape of the input '{name}' is not in the model", $"give it: --input-shapes \"{name}:[...]\"");
    }

    /// <summary>The shape of an input with its batch, -1 for what is open, as the layer's own settings say it.</summary>
    private static long[]? DeclaredShape(LayerConfig layer)
    {
        var settings = layer.Settings;
        if ((Shapes.TryRead(settings.Find("batch_shape")) ?? Shapes.TryRead(settings.Find("batch_input_shape"))) is { } whole)
            return whole;
        if (Shapes.TryRead(settings.Find("input_shape")) is { } rest)
            return [-1, .. rest];
        return settings.TryInt("input_dim") is { } features && layer.ClassName is "Dense" ? [-1, features] : null;
    }

    private static Shape Symbols(string name, long[] extents) => [.. extents.Select((e, axis) => e >= 0 ? e : axis == 0 ? Batch : Dim.Named($"{name}.{axis}"))];

    private static DType TypeOf(LayerConfig layer)
    {
        var dtype = layer.Settings.Find("dtype");
        string name = dtype switch
        {
            { ValueKind: System.Text.Json.JsonValueKind.String } text => text.GetString()!,
            { ValueKind: System.Text.Json.JsonValueKind.Object } policy when policy.TryGetProperty("config", out var config) => new Settings(config).Text("name", "float32"),
            _ => "float32",
        };
        // A layer's policy of mixed precision says nothing of its input.
        return layer.ClassName == "InputLayer" ? ElementTypes.Read(name) : name == "float64" ? DType.Float64 : DType.Float32;
    }

    /// <summary>What the user gives wins over the model where the model leaves an extent open.</summary>
    private static Shape ShapeOf(string name, Shape declared, Dim? batch, ImportOptions options)
    {
        if (options.InputShapes.TryGet(name, out var given))
        {
            if (given.Rank != declared.Rank)
                throw new ModelException("LATHE3003", $"the input '{name}' has {declared.Rank} axes and the given shape {given} {given.Rank}");
            for (int axis = 0; axis < given.Rank; axis++)
                if (given[axis].IsKnown && declared[axis].IsKnown && given[axis] != declared[axis])
                    throw new ModelException("LATHE3438", $"axis {axis} of the input '{name}' is {declared[axis]} in the model and {given[axis]} in the given shape");
            return [.. given.Select((dim, axis) => dim.IsKnown ? dim : declared[axis].IsKnown ? declared[axis] : Open(dim))];
        }
        return [.. declared.Select(d => d.IsKnown ? d : d == Batch && batch is { } b ? b : Open(d))];

        Dim Open(Dim dim) => options.BindSymbols ? options.DefaultDim : dim;
    }
}
