using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Operators;
using Lathe.Formats.Keras.Reading;
using Lathe.Graphs;

namespace Lathe.Formats.Keras.Importing;

/// <summary>Turns a saved model into a graph: its inputs, then the layers that its outputs need.</summary>
internal sealed class ModelImporter(KerasFile file, ImportOptions options)
{
    /// <summary>Shared layers and nested models repeat; no honest model calls more layers than this.</summary>
    private const int MaxCalls = 200_000;

    private static readonly NodeErrors Errors = new("layer '", "LATHE3427", "LATHE3428");

    private readonly List<string> _places = [];
    private int _calls;

    public GraphBuilder Builder { get; } = new();

    /// <summary>Finds values that functions need to know now.</summary>
    public ConstantFolder Folder { get; } = new(options.InputValues);

    public KerasFile File => file;

    public Graph Import()
    {
        if (file.Model.Model is not { } model)
            throw new ModelException("LATHE3420", $"the file holds a layer of class {file.Model.ClassName} and no model", "save the model that the layer is in");
        FindUnknownClasses(file.Model, "");
        var weights = WeightTree.Of(file.Model);
        try
        {
            file.Weights?.Fill(weights);
        }
        // Layers of unknown classes have weights that nothing tells of.
        catch (ModelException) when (_places.Count > 0)
        {
            throw Unsupported();
        }
        var (inputs, names) = GraphInputs.Define(model, Builder, options);
        var values = new FunctionalCall(this, model, weights, "").Run([.. inputs.Select(i => new KerasValue(i))]);
        if (_places.Count > 0)
            throw Unsupported();
        var outputs = values.Zip(OutputNames(model), (v, name) => new GraphOutput(name, v!.Value)).ToList();
        return outputs.Count > 0 ? PortNames.Checked(new Graph(model.Name, inputs, outputs)) : throw new ModelException("LATHE3425", "the model has no outputs");
    }

    /// <summary>Imports one call of a layer: its outputs, or null where they cannot be made, which has been noted.</summary>
    public IReadOnlyList<KerasValue>? ImportLayer(
        LayerConfig layer, LayerWeights weights, IReadOnlyList<KerasValue> inputs, CallArguments arguments, Func<TensorReference, KerasValue> tensorOf, string path)
    {
        if (++_calls > MaxCalls)
            throw new ModelException("LATHE3426", $"the model calls more than {MaxCalls} layers");
        string name = path.Length == 0 ? layer.Name : $"{path}/{layer.Name}";
        string place = $"layer '{name}' ({layer.ClassName})";
        string caller = Builder.Origin;
        try
        {
            Builder.Origin = name;
            return Errors.Import(() => place, Results, _places.Add);
        }
        finally
        {
            Builder.Origin = caller;
        }

        IReadOnlyList<KerasValue>? Results()
        {
            if (layer.Model is { } model)
            {
                var results = new FunctionalCall(this, model, weights, name).Run(inputs);
                return results.Any(r => r is null) ? null : [.. results.OfType<KerasValue>()];
            }
            return LayerTable.Find(layer)?.Run(new(this, layer, weights, inputs, arguments, tensorOf, name));
        }
    }

    /// <summary>A layer inside another, called with these inputs alone.</summary>
    public IReadOnlyList<KerasValue> ImportInner(LayerConfig layer, LayerWeights weights, IReadOnlyList<KerasValue> inputs, string path) =>
        ImportLayer(layer, weights, inputs, CallArguments.None, _ => throw new LackingException(), path) ?? throw new LackingException();

    /// <summary>Each output goes by its layer, with a number where a layer gives several.</summary>
    public static List<string> OutputNames(ModelConfig model)
    {
        string[] layers = model.IsSequential ? [model.Layers.Count > 0 ? model.Layers[^1].Name : "output"] : [.. model.Outputs.Select(o => o.Layer)];
        var names = new List<string>();
        foreach (string layer in layers)
        {
            string name = layer;
            for (int i = 1; names.Contains(name); i++)
                name = $"{layer}_{i}";
            names.Add(name);
        }
        return names;
    }

    private void FindUnknownClasses(LayerConfig layer, string path)
    {
        string name = path.Length == 0 ? layer.Name : $"{path}/{layer.Name}";
        if (layer.Model is null && LayerTable.Find(layer) is null)
            _places.Add($"layer '{name}' ({layer.ClassName}): {LayerTable.WhyMissing(layer)}");
        foreach (var inner in layer.Model?.Layers ?? [])
            FindUnknownClasses(inner, path.Length == 0 && ReferenceEquals(layer, file.Model) ? "" : name);
        // Cells are read by the recurrent layer that holds them.
        foreach (var (setting, inner) in layer.Inner)
            foreach (var wrapped in setting is "layer" or "backward_layer" ? inner : [])
                FindUnknownClasses(wrapped, name);
    }

    private UnsupportedException Unsupported() => new(
        "LATHE3423",
        $"{_places.Count} {(_places.Count == 1 ? "place" : "places")} of the model cannot be imported yet",
        [.. _places.Distinct()],
        "see docs/keras.md for the layers that are supported");

    /// <summary>A layer reads a value that cannot be made, which has been noted where it should have been.</summary>
    internal sealed class LackingException : Exception;
}
