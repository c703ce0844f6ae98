using Lathe.Formats.Keras.Reading;

namespace Lathe.Formats.Keras.Importing;

/// <summary>One use of a model: the layers that its outputs need, each after those that it reads.</summary>
internal sealed class FunctionalCall
{
    private readonly ModelImporter _importer;
    private readonly ModelConfig _model;
    private readonly string _path;
    private readonly Dictionary<string, (LayerConfig Config, LayerWeights Weights, int FirstCall)> _layers = [];
    private readonly Dictionary<(string Layer, int Call), CallState> _calls = [];

    public FunctionalCall(ModelImporter importer, ModelConfig model, LayerWeights weights, string path)
    {
        (_importer, _model, _path) = (importer, model, path);
        var referenced = model.IsSequential ? [] : AllReferences(model).Where(r => r.Call == 0).Select(r => r.Layer).ToHashSet();
        foreach (var (layer, child) in model.Layers.Zip(weights.Children))
        {
            // A model's first call is the one that made it, so that others count from 1; not so where the model was made without inputs.
            int first = layer.Model is not null && !referenced.Contains(layer.Name) ? 1 : 0;
            if (!_layers.TryAdd(layer.Name, (layer, child.Weights, first)) && !model.IsSequential)
                throw new ModelException("LATHE3430", $"the model has two layers '{layer.Name}'");
        }
    }

    /// <summary>The outputs for these inputs; null for those that cannot be made.</summary>
    public IReadOnlyList<KerasValue?> Run(IReadOnlyList<KerasValue> inputs) => _model.IsSequential ? RunSequence(inputs) : RunGraph(inputs);

    private IReadOnlyList<KerasValue?> RunSequence(IReadOnlyList<KerasValue> inputs)
    {
        foreach (var layer in _model.Layers)
        {
            if (layer.ClassName == "InputLayer")
                continue;
            var (_, weights, _) = _layers[layer.Name];
            if (_importer.ImportLayer(layer, weights, inputs, CallArguments.None, _ => throw new ModelImporter.LackingException(), _path) is not { } results)
                return [null];
            inputs = results;
        }
        return [.. inputs.Take(1)];
    }

    private IReadOnlyList<KerasValue?> RunGraph(IReadOnlyList<KerasValue> inputs)
    {
        if (inputs.Count != _model.Inputs.Count)
            throw new ModelException("LATHE3431", $"the model '{_model.Name}' takes {_model.Inputs.Count} inputs and is called with {inputs.Count}");
        foreach (var (reference, value) in _model.Inputs.Zip(inputs))
            _calls[(reference.Layer, reference.Call)] = new() { Results = [value], IsDone = true };
        foreach (var output in _model.Outputs)
            Compute(output);
        return [.. _model.Outputs.Select(TryFind)];
    }

    /// <summary>Depth first without recursion, so that the length of a model does not matter.</summary>
    private void Compute(TensorReference root)
    {
        var stack = new Stack<(string Layer, int Call)>();
        stack.Push((root.Layer, root.Call));
        while (stack.TryPeek(out var key))
        {
            if (!_calls.TryGetValue(key, out var state))
                _calls[key] = state = Open(key);
            if (state.IsDone)
            {
                stack.Pop();
                continue;
            }
            bool waits = false;
            foreach (var needed in state.Arguments!.AllTensors)
            {
                var at = (needed.Layer, needed.Call);
                if (_calls.TryGetValue(at, out var other) && other.IsDone)
                    continue;
                if (other is not null && state.IsEntered)
                    throw new ModelException("LATHE3433", $"the layer '{key.Layer}' reads its own output");
                stack.Push(at);
                waits = true;
            }
            state.IsEntered = true;
            if (waits)
                continue;
            state.Results = Call(key.Layer, state.Arguments);
            state.IsDone = true;
            stack.Pop();
        }
    }

    private CallState Open((string Layer, int Call) key)
    {
        if (!_layers.TryGetValue(key.Layer, out var layer))
            throw new ModelException("LATHE3432", $"the model '{_model.Name}' names the layer '{key.Layer}', which it does not have");
        int call = key.Call - layer.FirstCall;
        if (call < 0 || call >= layer.Config.Calls.Count)
            throw new ModelException("LATHE3434", $"the output of call {key.Call} of the layer '{key.Layer}' is used, and it is called {layer.Config.Calls.Count} times");
        return new() { Arguments = CallArguments.Read(layer.Config.Calls[call]) };
    }

    private IReadOnlyList<KerasValue>? Call(string name, CallArguments arguments)
    {
        var (config, weights, _) = _layers[name];
        if (arguments.AllTensors.Any(t => TryFind(t) is null))
            return null;
        KerasValue[] inputs = [.. arguments.Tensors.Select(t => TryFind(t)!)];
        return _importer.ImportLayer(config, weights, inputs, arguments, t => TryFind(t) ?? throw new ModelImporter.LackingException(), _path);
    }

    private KerasValue? TryFind(TensorReference tensor)
    {
        if (_calls.GetValueOrDefault((tensor.Layer, tensor.Call))?.Results is not { } results)
            return null;
        return tensor.Output >= 0 && tensor.Output < results.Count
            ? results[tensor.Output]
            : throw new ModelException("LATHE3435", $"output {tensor.Output} of the layer '{tensor.Layer}' is used, and it has {results.Count}");
    }

    private static IEnumerable<TensorReference> AllReferences(ModelConfig model) =>
        model.Layers.SelectMany(l => l.Calls).SelectMany(c => CallArguments.Read(c).AllTensors).Concat(model.Inputs).Concat(model.Outputs);

    private sealed class CallState
    {
        public CallArguments? Arguments { get; init; }

        /// <summary>Null until it is done, and where the outputs cannot be made.</summary>
        public IReadOnlyList<KerasValue>? Results { get; set; }

        /// <summary>Whether what it reads has been asked for.</summary>
        public bool IsEntered { get; set; }

        public bool IsDone { get; set; }
    }
}
