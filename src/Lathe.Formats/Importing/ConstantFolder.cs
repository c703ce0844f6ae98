using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>
/// Finds the tensors of values that follow from constants alone, when an op needs one to know its attributes. Nothing else is
/// folded here: that is a pass's work.
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
        long work = 0;
        foreach (var node in Graph.TopologicalOrder([value]))
        {
            if (_known.ContainsKey(node.Output))
                continue;
            if (node.Op is Input input)
            {
                if (!inputValues.TryGetValue(input.InputName, out var given))
                    return Unknown(value);
                _known[node.Output] = given;
                continue;
            }
            if (node.Op is Constant { Tensor: var tensor })
            {
                _known[node.Output] = tensor;
                continue;
            }
            if (node.Inputs.Any(_unknown.Contains) || node.Outputs.Any(o => !o.Shape.IsKnown))
                return Unknown(value);
            work += node.Outputs.Sum(o => Math.Min(o.Shape.ElementCount, MaxWork)) + Math.Min(node.Op.Flops(node), MaxWork);
            if (work > MaxWork)
                return Unknown(value);
            Evaluate(node);
        }
        return _known[value];
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
