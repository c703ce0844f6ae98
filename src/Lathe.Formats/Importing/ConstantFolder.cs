using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>
/// Finds the tensors of values that follow from constants alone, when an op needs one to know its attributes. Nothing else is
/// folded here: that is a pass's work. Loops are not run: they may have no end.
/// </summary>
internal sealed class ConstantFolder(IReadOnlyDictionary<string, Tensor> inputValues)
{
    /// <summary>The most elements of values and floating-point operations that are worked out for one operand.</summary>
    private const long MaxWork = 1 << 22;

    private readonly GraphEvaluator _evaluator = new();
    private readonly Dictionary<Value, Tensor> _known = [];
    private readonly HashSet<Value> _unknown = [];

    /// <summary>The value's tensor, or null when it depends on data that only a run gives, or is too large to be an attribute.</summary>
    public Tensor? TryFold(Value value)
    {
        if (value.Constant is { } constant)
            return constant;
        if (_known.TryGetValue(value, out var known))
            return known;
        if (_unknown.Contains(value))
            return null;
        if (Pending(value) is not { } pending)
            return null;
        long work = 0;
        foreach (var node in pending)
        {
            if (node.Outputs.Any(o => !o.Shape.IsKnown))
                return Unknown(value);
            work += node.Outputs.Sum(o => Math.Min(o.Shape.ElementCount, MaxWork)) + Math.Min(node.Op.Flops(node), MaxWork);
            if (work > MaxWork)
                return Unknown(value);
            Evaluate(node);
        }
        return _known[value];
    }

    /// <summary>A value that is no constant yet, but small and known, such as the counter of a loop.</summary>
    public Tensor? TryFoldSmall(Value value) => value is { Constant: null, Shape: { IsKnown: true, ElementCount: <= 64 } } ? TryFold(value) : null;

    /// <summary>
    /// The nodes that a value needs and that are not evaluated yet, inputs first; null where it depends on what is not known. Nothing is looked at twice: what a value that is not known leads
    /// to is not known either.
    /// </summary>
    private List<Node>? Pending(Value value)
    {
        var order = new List<Node>();
        var seen = new HashSet<Node>();
        var stack = new Stack<(Node Node, int Next)>();
        stack.Push((value.Node, 0));
        while (stack.TryPop(out var top))
        {
            var (node, next) = top;
            if (next == 0 && (node.Outputs.Any(_unknown.Contains) || node.Op is While || (node.Op is Input input && !Given(node, input))))
            {
                _unknown.UnionWith(node.Outputs);
                foreach (var (user, _) in stack)
                    _unknown.UnionWith(user.Outputs);
                return null;
            }
            if (node.Op is Constant { Tensor: var tensor })
                _known[node.Output] = tensor;
            if (next < node.Inputs.Length)
            {
                stack.Push((node, next + 1));
                if (!_known.ContainsKey(node.Inputs[next]) && seen.Add(node.Inputs[next].Node))
                    stack.Push((node.Inputs[next].Node, 0));
            }
            else if (!_known.ContainsKey(node.Outputs[0]))
            {
                order.Add(node);
            }
        }
        return order;
    }

    private bool Given(Node node, Input input)
    {
        if (inputValues.TryGetValue(input.InputName, out var given))
            _known[node.Output] = InputValues.As(given, node.Output.Element, node.Output.Shape);
        return given is not null;
    }

    private Tensor? Unknown(Value value)
    {
        _unknown.Add(value);
        return null;
    }

    private void Evaluate(Node node)
    {
        var results = _evaluator.Apply(node.Op, [.. node.Inputs.Select(i => _known[i])]);
        for (int i = 0; i < results.Length; i++)
            _known[node.Outputs[i]] = results[i];
    }
}
