using System.Collections.ObjectModel;
using Lathe.Formats.Importing;
using Lathe.Formats.TFLite.Operators;
using Lathe.Formats.TFLite.Reading;
using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Importing;

/// <summary>Turns one graph of a model, with those that it calls, into a graph: its inputs, then the operators that its outputs need, in their order.</summary>
internal sealed class ModelImporter : ILoopImporter<Slot>
{
    /// <summary>Calls and loops repeat graphs; no honest model becomes more than this.</summary>
    private const int MaxNodes = 250_000;

    private const int MaxDepth = 32;

    private static readonly NodeErrors Errors = new("operator ", "LATHE3223", "LATHE3224");

    private readonly LiteModel _model;
    private readonly ImportOptions _options;
    private readonly TensorReader _tensors;
    private readonly Dictionary<LiteGraph, HashSet<int>> _needed = [];
    private int _nodes;

    public ModelImporter(LiteModel model, ImportOptions options)
    {
        (_model, _options, _tensors) = (model, options, new(model));
        Folder = new(options.InputValues);
    }

    public GraphBuilder Builder { get; } = new();

    /// <summary>Folds with the inputs' known values.</summary>
    public ConstantFolder Folder { get; }

    /// <summary>Folds what no input's value is needed for.</summary>
    public ConstantFolder PureFolder { get; } = new(ReadOnlyDictionary<string, Tensor>.Empty);

    public Dictionary<string, Slot> Variables { get; } = [];

    public Guards Guards { get; } = new();

    public List<string> Places { get; } = [];

    public bool IsNearlyFull => _nodes > MaxNodes / 10 * 9;

    public Graph Import()
    {
        var entry = _options.Signature is { } key ? EntryPoint.Of(_model, key) : EntryPoint.Main(_model);
        var scope = entry.Scope;
        var inputs = GraphInputs.Define(entry, Builder, _options);
        Body(scope);
        var outputs = new List<GraphOutput>();
        foreach (var (index, name) in entry.Outputs)
            if (NodeErrors.Output($"the output '{name}'", () => Read(scope, index), Places.Add) is { } value)
                outputs.Add(new(name, value));
        if (Places.Count > 0)
        {
            throw new UnsupportedException(
                "LATHE3215",
                $"{Places.Count} {(Places.Count == 1 ? "place" : "places")} of the model cannot be imported yet",
                [.. Places.Distinct()],
                "see docs/tflite.md for the operators that are supported");
        }
        return outputs.Count > 0
            ? PortNames.Checked(new Graph(scope.Graph.Name.Length > 0 ? scope.Graph.Name : "main", inputs, outputs))
            : throw new ModelException("LATHE3217", "the model has no outputs");
    }

    /// <summary>The value that a tensor stands for. Throws for tensors that nothing defines and for values that cannot be made.</summary>
    public Value Read(Scope scope, int index)
    {
        switch (scope.Find(index))
        {
            case Slot.Bound bound:
                return bound.Value;
            case Slot.Variable:
                throw new UnsupportedException("LATHE3215", $"the resource '{scope.Tensor(index).Name}' is used as a tensor");
            case Slot.Complex:
                throw new UnsupportedException("LATHE3215", $"'{scope.Tensor(index).Name}' is complex where reals are needed");
            case Slot.Lacking { Reason: { } reason }:
                throw new UnsupportedException("LATHE3215", reason);
            case Slot.Lacking:
                throw new LackingException();
        }
        var tensor = scope.Tensor(index);
        var stored = _tensors.Read(tensor) ?? (tensor.IsVariable ? InitialState(tensor) : null)
            ?? throw new ModelException("LATHE3218", $"nothing gives the tensor '{tensor.Name}'");
        string reader = Builder.Origin;
        Builder.Origin = tensor.Name;
        var value = Builder.Constant(stored);
        Builder.Origin = reader;
        scope.Define(index, new Slot.Bound(value));
        return value;
    }

    public bool IsNeeded(Scope scope, int tensor) => Needed(scope.Graph).Contains(tensor);

    public Slot Held(string variable) => Variables.TryGetValue(variable, out var held)
        ? held
        : throw new UnsupportedException("LATHE3215", "it assigns a variable that holds nothing before");

    /// <summary>The outputs of another graph of the model for these inputs.</summary>
    public Slot[] Call(int graph, Scope caller, IReadOnlyList<Slot> arguments)
    {
        if (graph < 0 || graph >= _model.Graphs.Count)
            throw new ModelException("LATHE3219", $"graph {graph} is called and the model has {_model.Graphs.Count}");
        if (caller.Depth >= MaxDepth)
            throw new ModelException("LATHE3220", $"graphs call each other deeper than {MaxDepth}", "a graph must not call itself");
        var scope = new Scope(_model.Graphs[graph], caller.Depth + 1);
        if (scope.Graph.Inputs.Length != arguments.Count)
            throw new ModelException("LATHE3221", $"graph {graph} takes {scope.Graph.Inputs.Length} inputs and is called with {arguments.Count}");
        foreach (var (index, argument) in scope.Graph.Inputs.Zip(arguments))
            scope.Define(index, argument);
        Body(scope);
        return [.. scope.Graph.Outputs.Select(o => scope.Find(o) as Slot.Variable ?? (Slot)new Slot.Bound(Read(scope, o)))];
    }

    private void Body(Scope scope)
    {
        var needed = Needed(scope.Graph);
        foreach (var node in scope.Graph.Operators)
        {
            var code = CodeOf(node);
            if (!HasEffects(code) && !node.Outputs.Any(needed.Contains))
                continue;
            if (++_nodes > MaxNodes)
                throw new ModelException("LATHE3222", $"the model has more than {MaxNodes} operators once its graphs are called");
            ImportNode(node, code, scope);
        }
    }

    private void ImportNode(LiteOperator node, LiteOperatorCode code, Scope scope)
    {
        var results = Errors.Import(() => Describe(node, code, scope), () => Results(node, code, scope), Places.Add) ?? [];
        for (int i = 0; i < node.Outputs.Length; i++)
            if (node.Outputs[i] >= 0)
                scope.Define(node.Outputs[i], i < results.Count && results[i] is { } slot ? slot : new Slot.Lacking(null));
    }

    /// <summary>What an operator's outputs stand for. Throws where one that is needed is not among them.</summary>
    private IReadOnlyList<Slot?> Results(LiteOperator node, LiteOperatorCode code, Scope scope)
    {
        var context = new NodeContext(this, node, code, scope);
        Builder.Origin = NameOf(node, scope);
        IReadOnlyList<Slot?> results = WholeOperators.Keep(context, (OpTable.Find(code) ?? throw context.Unsupported("the operator is not supported"))(context));
        for (int i = 0; i < node.Outputs.Length; i++)
            if ((i >= results.Count || results[i] is null) && context.Needs(i))
                throw context.Unsupported($"its output {i} is not supported");
        return results;
    }

    private LiteOperatorCode CodeOf(LiteOperator node) => node.Code < _model.Codes.Count
        ? _model.Codes[(int)node.Code]
        : throw new ModelException("LATHE3225", $"operator code {node.Code} is used and the model has {_model.Codes.Count}");

    /// <summary>The tensors that a graph's outputs, or operators with effects, depend on.</summary>
    private HashSet<int> Needed(LiteGraph graph)
    {
        if (_needed.TryGetValue(graph, out var known))
            return known;
        var needed = graph.Outputs.ToHashSet();
        foreach (var node in graph.Operators.Reverse())
            if (HasEffects(CodeOf(node)) || node.Outputs.Any(needed.Contains))
                needed.UnionWith(node.Inputs);
        return _needed[graph] = needed;
    }

    private static bool HasEffects(LiteOperatorCode code) =>
        code.Builtin is BuiltinOperator.ASSIGN_VARIABLE or BuiltinOperator.CALL_ONCE or BuiltinOperator.WHILE or BuiltinOperator.IF or BuiltinOperator.CALL;

    /// <summary>State starts from zero, quantized state from its zero point.</summary>
    private static Tensor InitialState(LiteTensor tensor)
    {
        var state = Tensor.Zeros(TensorReader.Element(tensor.Type, tensor.Name), TensorReader.ShapeOf(tensor));
        if (tensor.Quantization is { ZeroPoint: not 0 and var zero })
            for (long i = 0; i < state.Count; i++)
                state.SetInt64(i, zero);
        return state;
    }

    /// <summary>Operators have no names of their own, so that they go by their first result's.</summary>
    private static string NameOf(LiteOperator node, Scope scope) => node.Outputs.Length > 0 && node.Outputs[0] >= 0 ? scope.Tensor(node.Outputs[0]).Name : "";

    private static string Describe(LiteOperator node, LiteOperatorCode code, Scope scope)
    {
        string name = node.Outputs.Length > 0 && node.Outputs[0] >= 0 && node.Outputs[0] < scope.Graph.Tensors.Count ? scope.Graph.Tensors[node.Outputs[0]].Name : "";
        return $"operator {scope.Graph.Operators.ToList().IndexOf(node)} '{name}' ({code.Name}, version {code.Version})";
    }
}
