using Lathe.Formats.TensorFlow.Protobuf;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Importing;

/// <summary>The nodes of a graph or of a function, by their names, and what can be said of them without importing any.</summary>
internal sealed class Body
{
    /// <summary>Ops that change what a resource or a variable holds.</summary>
    private static readonly HashSet<string> Effects =
    [
        "Assign", "AssignAdd", "AssignSub", "AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp",
        "LookupTableImport", "LookupTableImportV2", "InitializeTable", "InitializeTableV2", "InitializeTableFromTextFile", "InitializeTableFromTextFileV2",
    ];

    private readonly Dictionary<string, GraphNode> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Loop> _loops = new(StringComparer.Ordinal);
    private readonly FunctionLibrary _library;
    private HashSet<string>? _afterEffects;
    private HashSet<string>? _neededByResults;
    private List<string>? _effectNodes;

    private Body(string name, IReadOnlyList<string> arguments, FunctionLibrary library) => (Name, Arguments, _library) = (name, arguments, library);

    /// <summary>The function's name; empty for the main graph.</summary>
    public string Name { get; }

    /// <summary>The names of a function's arguments; none for the main graph.</summary>
    public IReadOnlyList<string> Arguments { get; }

    /// <summary>What a function returns; none for the main graph.</summary>
    public IReadOnlyList<Endpoint> Results { get; private set; } = [];

    /// <summary>The nodes that a function runs for what they do, besides those that its results depend on.</summary>
    public IReadOnlyList<string> EffectNodes => _effectNodes ??= [.. Nodes.Where(IsEffect).Select(n => n.Name)];

    /// <summary>The nodes that a function's results depend on, and what changes what a resource holds.</summary>
    public IReadOnlySet<string> NeededByResults => _neededByResults ??= Needed(Results.Select(r => r.Node).Concat(EffectNodes));

    public IEnumerable<GraphNode> Nodes => _nodes.Values;

    /// <summary>Whether running the whole body changes what a resource holds.</summary>
    public bool HasEffects => AfterEffects.Count > 0;

    private HashSet<string> AfterEffects => _afterEffects ??= FindAfterEffects();

    public static Body OfGraph(GraphDef graph, FunctionLibrary library)
    {
        var body = new Body("", [], library);
        body.AddNodes(graph.Node, Endpoint.Parse);
        return body;
    }

    public static Body OfFunction(FunctionDef function, FunctionLibrary library)
    {
        var body = new Body(function.Signature.Name, [.. function.Signature.InputArg.Select(a => a.Name)], library);
        var definitions = new Dictionary<string, NodeDef>(StringComparer.Ordinal);
        foreach (var node in function.NodeDef)
            definitions.TryAdd(node.Name, node);
        Endpoint Resolve(string text) => FunctionEndpoint(text, definitions, library);
        body.AddNodes(function.NodeDef, Resolve);
        body.Results = [.. function.Signature.OutputArg.Select(a => function.Ret.TryGetValue(a.Name, out string? value)
            ? Resolve(value)
            : throw new ModelException("LATHE3511", $"the function '{body.Name}' does not say what it returns as '{a.Name}'"))];
        return body;
    }

    public GraphNode? Find(string name) => _nodes.GetValueOrDefault(name);

    public GraphNode Get(string name) => Find(name)
        ?? throw new ModelException("LATHE3512", $"{(Name.Length > 0 ? $"the function '{Name}'" : "the graph")} has no node '{name}', which is read");

    /// <summary>Whether a node runs after something that changes what a resource holds, so that edges which only order count.</summary>
    public bool RunsAfterEffects(string node) => AfterEffects.Contains(node);

    /// <summary>Whether an edge from this node that only orders says which branch of a conditional the other end is in.</summary>
    public bool IsPivot(string name) => Find(name) is { } node
        && (IsSwitch(node) || (node.Op == "Identity" && node.Inputs.Length > 0 && Find(node.Inputs[0].Node) is { } source && IsSwitch(source)));

    /// <summary>The nodes that values depend on, with loops and what chooses branches.</summary>
    public HashSet<string> Needed(IEnumerable<string> roots)
    {
        var needed = new HashSet<string>(StringComparer.Ordinal);
        var stack = new Stack<string>(roots);
        while (stack.TryPop(out string? name))
        {
            if (!needed.Add(name) || Find(name) is not { } node)
                continue;
            foreach (string before in node.Inputs.Select(i => i.Node).Concat(node.Controls.Where(IsPivot)))
                stack.Push(before);
        }
        return needed;
    }

    /// <summary>The loop that an Exit node leaves.</summary>
    public Loop LoopOf(GraphNode exit)
    {
        if (exit.Inputs.Length < 1 || Find(exit.Inputs[0].Node) is not { } leaving || !IsSwitch(leaving) || leaving.Inputs.Length < 2)
            throw new ModelException("LATHE3513", $"the loop that '{exit.Name}' leaves has no condition");
        var condition = Get(leaving.Inputs[1].Node);
        if (!_loops.TryGetValue(condition.Name, out var loop))
            _loops.Add(condition.Name, loop = Loop.Find(this, condition));
        return loop;
    }

    public static bool IsSwitch(GraphNode node) => node.Op is "Switch" or "RefSwitch";

    private void AddNodes(IEnumerable<NodeDef> nodes, Func<string, Endpoint> resolve)
    {
        foreach (var node in nodes)
        {
            Endpoint[] inputs = [.. node.Input.Where(i => !i.StartsWith('^')).Select(resolve)];
            string[] controls = [.. node.Input.Where(i => i.StartsWith('^')).Select(i => i[1..])];
            if (!_nodes.TryAdd(node.Name, new(node, inputs, controls)))
                throw new ModelException("LATHE3514", $"two nodes have the name '{node.Name}'");
        }
        Dropout.Remove(_nodes);
    }

    /// <summary>"argument", or "node:output argument:index".</summary>
    private static Endpoint FunctionEndpoint(string text, Dictionary<string, NodeDef> nodes, FunctionLibrary library)
    {
        string[] parts = text.Split(':');
        if (parts.Length == 1)
            return new(text, 0);
        if (parts.Length == 2)
            return Endpoint.Parse(text);
        if (parts.Length != 3 || !int.TryParse(parts[2], out int index) || index < 0)
            throw new ModelException("LATHE3510", $"'{text}' is not a tensor's name");
        return nodes.TryGetValue(parts[0], out var node) ? new(parts[0], library.OutputOf(node, parts[1], index)) : new(parts[0], index);
    }

    private bool IsEffect(GraphNode node) => Effects.Contains(node.Op) || _library.CalledBy(node.Definition).Any(_library.MayHaveEffects);

    private HashSet<string> FindAfterEffects()
    {
        var readers = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var node in Nodes)
        {
            foreach (string from in node.Inputs.Select(i => i.Node).Concat(node.Controls))
            {
                if (!readers.TryGetValue(from, out var list))
                    readers.Add(from, list = []);
                list.Add(node.Name);
            }
        }
        var found = new HashSet<string>(StringComparer.Ordinal);
        var stack = new Stack<string>(EffectNodes);
        while (stack.TryPop(out string? name))
            if (found.Add(name) && readers.TryGetValue(name, out var after))
                after.ForEach(stack.Push);
        return found;
    }
}
