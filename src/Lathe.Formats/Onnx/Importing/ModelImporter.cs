using System.Collections.ObjectModel;
using Lathe.Formats.Importing;
using Lathe.Formats.Onnx.Operators;
using Lathe.Formats.Onnx.Protobuf;
using Lathe.Formats.Onnx.Reading;
using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Importing;

/// <summary>Turns one model into one graph: its inputs, then the nodes that its outputs need, in their order.</summary>
internal sealed class ModelImporter : ILoopImporter<Slot>
{
    /// <summary>Functions can call each other in a way that doubles the nodes at every level; no honest model has more than this.</summary>
    private const int MaxNodes = 250_000;

    private static readonly NodeErrors Errors = new("node '", "LATHE3055", "LATHE3056");

    private readonly ModelProto _model;
    private readonly ImportOptions _options;
    private readonly Dictionary<(string Domain, string Name), FunctionProto> _functions = [];
    private int _nodes;

    public ModelImporter(ModelProto model, TensorReader tensors, ImportOptions options)
    {
        (_model, Tensors, _options) = (model, tensors, options);
        Folder = new(options.InputValues);
        foreach (var function in model.Functions)
            if (!_functions.TryAdd((Frame.Domain(function.Domain), function.Name), function))
                throw new ModelException("LATHE3049", $"the function '{function.Name}' of the domain '{function.Domain}' is given twice");
    }

    public GraphBuilder Builder { get; } = new();

    public TensorReader Tensors { get; }

    /// <summary>Folds with the inputs' known values.</summary>
    public ConstantFolder Folder { get; }

    /// <summary>Folds what no input's value is needed for.</summary>
    public ConstantFolder PureFolder { get; } = new(ReadOnlyDictionary<string, Tensor>.Empty);

    public Guards Guards { get; } = new();

    public List<string> Places { get; } = [];

    /// <summary>There are none in ONNX.</summary>
    public Dictionary<string, Slot> Variables { get; } = [];

    public bool IsNearlyFull => _nodes > MaxNodes / 10 * 9;

    public Graph Import()
    {
        var graph = _model.Graph;
        var scope = new Scope(null);
        Initializers(graph, scope);
        var stored = graph.Initializer.Select(t => t.Name).ToHashSet();
        var inputs = GraphInputs.Define(graph.Input.Where(i => !stored.Contains(i.Name)), scope, Builder, _options);
        var opsets = Frame.OpsetsOf(_model.OpsetImport);
        Body(graph.Node, scope, new(opsets, null, 0), graph.Output.Select(o => o.Name));
        var outputs = new List<GraphOutput>();
        foreach (var output in graph.Output)
        {
            if (outputs.Any(o => o.Name == output.Name))
                throw new ModelException("LATHE3040", $"the output '{output.Name}' is given twice");
            if (NodeErrors.Output($"the output '{output.Name}'", () => Read(scope, output.Name), Places.Add) is { } value)
                outputs.Add(new(output.Name, value));
        }
        if (Places.Count > 0)
        {
            throw new UnsupportedException(
                "LATHE3050",
                $"{Places.Count} {(Places.Count == 1 ? "place" : "places")} of the model cannot be imported yet",
                [.. Places.Distinct()],
                "see docs/onnx.md for the ops that are supported");
        }
        return outputs.Count > 0
            ? PortNames.Checked(new Graph(graph.Name, inputs, outputs))
            : throw new ModelException("LATHE3051", "the model has no outputs");
    }

    /// <summary>The value that a name stands for. Throws for names that nothing defines and for values that cannot be made.</summary>
    public Value Read(Scope scope, string name)
    {
        switch (scope.Find(name))
        {
            case Slot.Bound bound:
                return bound.Value;
            case Slot.Stored stored:
                string reader = Builder.Origin;
                Builder.Origin = name;
                var value = Builder.Constant(Tensors.Read(stored.Tensor));
                Builder.Origin = reader;
                scope.Replace(name, new Slot.Bound(value));
                return value;
            case Slot.Sequence:
                throw new UnsupportedException("LATHE3050", $"'{name}' is a sequence where a tensor is needed; take its elements (SequenceAt, ConcatFromSequence)");
            case Slot.Lacking { Reason: { } reason }:
                throw new UnsupportedException("LATHE3050", reason);
            case Slot.Lacking:
                throw new LackingException();
            case Slot.Absent:
                throw new ModelException("LATHE3045", $"the operand '{name}' is missing");
            default:
                throw new ModelException("LATHE3052", $"nothing gives the value '{name}'");
        }
    }

    /// <summary>What a name stands for, where that can be made and need be no tensor.</summary>
    public Slot ReadSlot(Scope scope, string name) => scope.Find(name) as Slot.Sequence ?? (Slot)new Slot.Bound(Read(scope, name));

    public Slot Held(string variable) => Variables[variable];

    /// <summary>A subgraph's outputs for inputs in its order; without any, its inputs are names around it.</summary>
    public Slot[] Subgraph(GraphProto graph, Scope outer, Frame frame, IReadOnlyList<Slot> inputs)
    {
        if (graph.Input.Count != inputs.Count && (inputs.Count > 0 || graph.Input.Any(i => outer.Find(i.Name) is null)))
            throw new ModelException("LATHE3053", $"the subgraph '{graph.Name}' has {graph.Input.Count} inputs and is given {inputs.Count}");
        var scope = new Scope(outer);
        Initializers(graph, scope);
        foreach (var (input, slot) in graph.Input.Zip(inputs))
            scope.Define(input.Name, slot);
        Body(graph.Node, scope, frame.Inner(), graph.Output.Select(o => o.Name));
        return [.. graph.Output.Select(o => ReadSlot(scope, o.Name))];
    }

    private static void Initializers(GraphProto graph, Scope scope)
    {
        foreach (var tensor in graph.Initializer)
            scope.Define(tensor.Name, new Slot.Stored(tensor));
        foreach (var tensor in graph.SparseInitializer.Where(t => t.Values is not null))
            scope.Define(tensor.Values.Name, new Slot.Lacking("sparse initializers are not supported"));
    }

    private void Body(IReadOnlyList<NodeProto> nodes, Scope scope, Frame frame, IEnumerable<string> wanted)
    {
        var order = NodeOrder.Of(nodes, wanted);
        foreach (var node in order.Nodes)
        {
            if (++_nodes > MaxNodes)
                throw new ModelException("LATHE3054", $"the model has more than {MaxNodes} nodes once its functions are expanded");
            ImportNode(node, scope, frame, order.NeededNames);
        }
    }

    private void ImportNode(NodeProto node, Scope scope, Frame frame, HashSet<string> needed)
    {
        var results = Errors.Import(() => Describe(node, frame), () => Results(node, scope, frame, needed), Places.Add) ?? [];
        for (int i = 0; i < node.Output.Count; i++)
            if (node.Output[i].Length > 0)
                scope.Define(node.Output[i], i < results.Count && results[i] is { } slot ? slot : new Slot.Lacking(null));
    }

    /// <summary>What a node's outputs stand for. Throws where one that is needed is not among them.</summary>
    private IReadOnlyList<Slot?> Results(NodeProto node, Scope scope, Frame frame, HashSet<string> needed)
    {
        var context = new NodeContext(this, node, scope, frame, needed);
        Builder.Origin = context.Name;
        var results = Import(context, node, scope, frame);
        for (int i = 0; i < node.Output.Count; i++)
            if ((i >= results.Count || results[i] is null) && context.Needs(i))
                throw context.Unsupported($"its output {i} ('{node.Output[i]}') is not supported");
        return results;
    }

    private IReadOnlyList<Slot?> Import(NodeContext context, NodeProto node, Scope scope, Frame frame)
    {
        if (_functions.TryGetValue((context.Domain, context.Op), out var function))
            return Call(function, context, node, scope, frame);
        if (OpTable.Find(context.Domain, context.Op) is { } import)
            return import(context);
        throw context.Unsupported(frame.Opsets.ContainsKey(context.Domain) || OpTable.Knows(context.Domain) ? "the op is not supported" : $"the domain '{context.Domain}' is not known");
    }

    /// <summary>Imports a function's body in place of a call of it.</summary>
    private List<Slot?> Call(FunctionProto function, NodeContext call, NodeProto node, Scope outer, Frame frame)
    {
        var scope = new Scope(null);
        for (int i = 0; i < function.Input.Count; i++)
            scope.Define(function.Input[i], call.Has(i) ? call.Slot(i) : new Slot.Absent());
        var opsets = new Dictionary<string, int>(frame.Opsets);
        foreach (var (domain, version) in Frame.OpsetsOf(function.OpsetImport))
            opsets[domain] = version;
        var inner = frame.Inner() with { Opsets = opsets, Parameters = call.Attributes.WithDefaults(function.AttributeProto) };
        var wanted = function.Output.Where((_, i) => call.Needs(i)).ToList();
        Body(function.Node, scope, inner, wanted);
        return [.. function.Output.Select(name => wanted.Contains(name) ? ReadSlot(scope, name) : null)];
    }

    private static string Describe(NodeProto node, Frame frame)
    {
        string name = node.Name.Length > 0 ? node.Name : node.Output.FirstOrDefault(o => o.Length > 0, "");
        string domain = Frame.Domain(node.Domain);
        return $"node '{name}' ({node.OpType}, opset {frame.Opsets.GetValueOrDefault(domain, 1)}{(domain.Length > 0 ? $", {domain}" : "")})";
    }
}
