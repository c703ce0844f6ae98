using System.Collections.Immutable;
using System.Collections.ObjectModel;
using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Operators;
using Lathe.Formats.TensorFlow.Reading;
using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Importing;

/// <summary>
/// Turns what a model's outputs need into a graph. Nodes are walked from the outputs back; functions are read where they are called, and loops as often as
/// they run. Edges that only order count where a node before them changes what a variable holds, and where they say which branch of a conditional a node is in.
/// </summary>
internal sealed class ModelImporter : ILoopImporter<Slot>
{
    /// <summary>Calls and loops repeat nodes; no honest model becomes more than this.</summary>
    private const int MaxNodes = 500_000;

    private const int MaxDepth = 48;

    private static readonly NodeErrors Errors = new("node '", "LATHE3541", "LATHE3542");

    private readonly ImportOptions _options;
    private readonly Dictionary<GraphNode, IReadOnlyList<Slot>> _constants = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Endpoint, Slot> _inputs = [];
    private Scope? _main;
    private int _nodes;
    private int _quiet;

    public ModelImporter(FunctionLibrary functions, TensorBundle? checkpoint, ImportOptions options)
    {
        (Functions, Store, _options) = (functions, new(checkpoint), options);
        Folder = new(options.InputValues);
    }

    public GraphBuilder Builder { get; } = new();

    public FunctionLibrary Functions { get; }

    /// <summary>Folds with the inputs' known values.</summary>
    public ConstantFolder Folder { get; }

    /// <summary>Folds what no input's value is needed for.</summary>
    public ConstantFolder PureFolder { get; } = new(ReadOnlyDictionary<string, Tensor>.Empty);

    public VariableStore Store { get; }

    public Dictionary<string, Slot> Variables => Store.Held;

    public Guards Guards { get; } = new();

    public List<string> Places { get; } = [];

    public bool IsNearlyFull => _nodes > MaxNodes / 10 * 9;

    /// <summary>What tables hold, by their keys.</summary>
    public Dictionary<string, KnownTable> Tables { get; } = new(StringComparer.Ordinal);

    /// <summary>Puts a text in the place of a constant of the main graph.</summary>
    public void DefineText(Endpoint at, StringTensor text) => _inputs[at] = new Slot.Texts(text);

    /// <param name="setUp">Nodes that restore variables and fill tables before a run; what of them cannot be made matters only to who reads it.</param>
    public Graph Import(Body body, ModelInterface model, IEnumerable<string> setUp, string name)
    {
        model.CheckNames();
        var roots = model.Outputs.Select(o => o.At.Node).ToList();
        _main = new Scope(body, null, null, 0, body.Needed(roots.Concat(body.EffectNodes)));
        var inputs = GraphInputs.Define(model, Builder, _options, (at, slot) => _inputs[at] = slot);
        foreach (string node in setUp)
            RunForEffects(_main, node);
        var outputs = new List<GraphOutput>();
        foreach (var output in model.Outputs)
            if (NodeErrors.Output($"the output '{output.Name}'", () => Read(_main, output.At), Places.Add) is { } value)
                outputs.Add(new(output.Name, value));
        if (Places.Count > 0)
        {
            throw new UnsupportedException(
                "LATHE3530",
                $"{Places.Count} {(Places.Count == 1 ? "place" : "places")} of the model cannot be imported yet",
                [.. Places.Distinct()],
                "see docs/tensorflow.md for the operators that are supported");
        }
        return outputs.Count > 0 ? new Graph(name, inputs, outputs) : throw new ModelException("LATHE3531", "the model has no outputs");
    }

    /// <summary>The value that an output of a node stands for. Throws where there is none.</summary>
    public Value Read(Scope scope, Endpoint at) => ValueOf(ReadSlot(scope, at), at);

    public Value ValueOf(Slot slot, Endpoint at) => slot switch
    {
        Slot.Bound bound => bound.Value,
        Slot.Stored stored => Builder.Constant(Store.Load(stored)),
        Slot.Variable { IsReference: true } variable => ValueOf(Store.Read(variable), at),
        Slot.Dead => throw new UnsupportedException("LATHE3532", $"'{at}' is in a branch that is never taken"),
        Slot.Lacking { Reason: { } reason } => throw new UnsupportedException("LATHE3532", reason),
        Slot.Lacking => throw new LackingException(),
        Slot.Texts => throw new UnsupportedException("LATHE3532", $"'{at}' is text, which is not supported"),
        Slot.Complex => throw new UnsupportedException("LATHE3532", $"'{at}' is complex where reals are needed"),
        Slot.Tensors or Slot.Stacked => throw new UnsupportedException("LATHE3532", $"'{at}' is a list of tensors where a tensor is needed"),
        _ => throw new UnsupportedException("LATHE3532", $"'{at}' is a resource where a tensor is needed"),
    };

    /// <summary>What an output of a node stands for; its node and those before it are imported where they were not yet.</summary>
    public Slot ReadSlot(Scope scope, Endpoint at)
    {
        if (scope == _main && _inputs.TryGetValue(at, out var input))
            return input;
        if (scope.Find(at.Node) is null)
            Evaluate(scope, at.Node);
        var slots = scope.Find(at.Node)!;
        if (at.Output < slots.Count)
            return slots[at.Output];
        return slots is [Slot.Dead or Slot.Lacking] ? slots[0] : throw new ModelException("LATHE3533", $"output {at.Output} of '{at.Node}' is read and it has {slots.Count}");
    }

    public Slot Held(string variable) => Store.Read(variable);

    /// <summary>The results of a function for these arguments.</summary>
    public IReadOnlyList<Slot> Call(string function, Scope caller, IReadOnlyList<Slot> arguments)
    {
        if (caller.Depth >= MaxDepth)
            throw new ModelException("LATHE3535", $"functions call each other deeper than {MaxDepth}", "a function must not call itself");
        var body = Functions.Get(function);
        if (body.Arguments.Count != arguments.Count)
            throw new ModelException("LATHE3536", $"the function '{function}' takes {body.Arguments.Count} arguments and is called with {arguments.Count}");
        var scope = new Scope(body, null, null, caller.Depth + 1, body.NeededByResults);
        foreach (var (name, argument) in body.Arguments.Zip(arguments))
            scope.Define(name, argument);
        Slot[] results = [.. body.Results.Select(r => ReadSlot(scope, r))];
        foreach (string node in body.EffectNodes)
            EvaluateQuietly(scope, node);
        return results;
    }

    /// <summary>Reads a loop of TensorFlow 1 and defines what its Exit nodes give.</summary>
    public void Run(Loop loop, Scope scope)
    {
        if (scope.Depth >= MaxDepth)
            throw new ModelException("LATHE3535", $"loops are nested deeper than {MaxDepth}");
        new LoopRounds(this, loop, scope).Run();
    }

    /// <summary>Counters become constants at once, so that they do not grow into chains.</summary>
    public Slot Folded(Slot slot) =>
        slot is Slot.Bound { Value: var value } && PureFolder.TryFoldSmall(value) is { } known
            ? new Slot.Bound(Builder.Constant(known)) { When = slot.When }
            : slot;

    /// <summary>Imports a node after all that it depends on. Iterative, so that depth does not matter.</summary>
    private void Evaluate(Scope scope, string root)
    {
        var stack = new Stack<(GraphNode Node, string[] Before, int Next)>();
        var open = new HashSet<string>(StringComparer.Ordinal);
        Push(root);
        while (stack.TryPop(out var top))
        {
            if (top.Next < top.Before.Length)
            {
                stack.Push(top with { Next = top.Next + 1 });
                if (scope.Find(top.Before[top.Next]) is null)
                    Push(top.Before[top.Next]);
                continue;
            }
            open.Remove(top.Node.Name);
            if (scope.Find(top.Node.Name) is null)
                ImportNode(top.Node, scope);
        }

        void Push(string name)
        {
            var node = scope.Body.Get(name);
            if (!open.Add(name))
                throw new ModelException("LATHE3539", $"'{name}' depends on itself");
            stack.Push((node, Dependencies.Of(node, scope, at => IsInput(scope, at)), 0));
        }
    }

    private bool IsInput(Scope scope, Endpoint at) => scope == _main && _inputs.ContainsKey(at);

    private void ImportNode(GraphNode node, Scope scope)
    {
        if (_constants.TryGetValue(node, out var known))
        {
            scope.Define(node.Name, known);
            return;
        }
        if (++_nodes > MaxNodes)
            throw new ModelException("LATHE3540", $"the model has more than {MaxNodes} nodes once its functions are called and its loops are run");
        if (Loop.IsEnter(node) && scope.Frame is { } frame && Loop.FrameOf(node) == frame)
        {
            scope.Define(node.Name, ReadSlot(scope.Around!, node.Inputs.Length == 1 ? node.Inputs[0] : throw new ModelException("LATHE3513", $"'{node.Name}' has {node.Inputs.Length} operands")));
            return;
        }
        OrderEffects(node, scope);
        var context = new NodeContext(this, node, scope);
        var results = Conditions.Of(context, scope) is { } when ? Results(context, when) : [new Slot.Dead()];
        // A loop defines its exits itself.
        if (node.Op is "Exit" or "RefExit" && scope.Find(node.Name) is not null)
            return;
        scope.Define(node.Name, results);
        if (node.Op == "Const" && node.Controls.Length == 0)
            _constants[node] = results;
    }

    /// <summary>Runs what must have changed a variable before this node, and reads what must be read before this node changes it.</summary>
    private void OrderEffects(GraphNode node, Scope scope)
    {
        if (!scope.Body.RunsAfterEffects(node.Name))
            return;
        foreach (string before in node.Controls)
            if (scope.Body.RunsAfterEffects(before) || scope.Body.Find(before)?.Op is "ReadVariableOp" or "ResourceGather" or "PartitionedCall" or "StatefulPartitionedCall")
                EvaluateQuietly(scope, before);
    }

    /// <summary>What a node's outputs stand for, under the conditions under which it runs.</summary>
    private IReadOnlyList<Slot> Results(NodeContext node, ImmutableDictionary<Value, bool> when)
    {
        string? reason = null;
        Action<string> report = _quiet == 0 ? Places.Add : place => reason = place;
        Builder.Origin = node.Name;
        var results = Errors.Import(node.Describe, () => (Functions.Has(node.Op) ? ControlFlow.CallByName : OpTable.Find(node.Op) ?? throw node.Unsupported(OpTable.WhyMissing(node.Op)))(node), report);
        if (results is null)
            return [new Slot.Lacking(reason)];
        return when.IsEmpty ? results : [.. results.Select(r => r.When.IsEmpty && r is not Slot.Dead && !IsConditional(node.Op) ? r with { When = when } : r)];
    }

    /// <summary>Ops that say themselves under which conditions their results are.</summary>
    private static bool IsConditional(string op) => op is "Switch" or "RefSwitch" or "Merge" or "RefMerge";

    /// <summary>Runs the nodes that a node waits for and that change what variables and tables hold.</summary>
    private void RunForEffects(Scope scope, string root)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var stack = new Stack<string>([root]);
        while (stack.TryPop(out string? name))
        {
            if (!seen.Add(name) || scope.Body.Find(name) is not { } node)
                continue;
            if (scope.Body.EffectNodes.Contains(name))
                EvaluateQuietly(scope, name);
            foreach (string before in node.Controls.Concat(node.Inputs.Select(i => i.Node)))
                stack.Push(before);
        }
    }

    /// <summary>Imports a node that no value depends on; what cannot be imported then matters only to who reads it.</summary>
    private void EvaluateQuietly(Scope scope, string node)
    {
        if (scope.Find(node) is not null)
            return;
        _quiet++;
        try
        {
            Evaluate(scope, node);
        }
        catch (LackingException)
        {
        }
        finally
        {
            _quiet--;
        }
    }
}
