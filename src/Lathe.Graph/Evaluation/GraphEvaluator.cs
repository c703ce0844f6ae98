using System.Collections.Immutable;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Evaluation;

/// <summary>
/// Evaluates graphs on tensors by the meaning of their ops alone: the measure that every target's results are compared with.
/// With <paramref name="doublePrecision"/> all f32 arithmetic is done in f64 and only inputs and outputs are f32, which tells
/// an error from rounding. With <paramref name="boundsChecked"/> an op that reads or writes outside of a tensor throws an
/// <see cref="InternalException"/>. Not safe for use by several threads at once.
/// </summary>
public sealed class GraphEvaluator(bool doublePrecision = false, bool boundsChecked = false)
{
    private readonly OpEvaluator _ops = new(boundsChecked);

    /// <summary>
    /// The outputs under their names, for inputs under theirs. Throws a <see cref="ModelException"/> when an input is missing, unknown or
    /// of another type than the graph says.
    /// </summary>
    public IReadOnlyDictionary<string, Tensor> Run(Graph graph, IReadOnlyDictionary<string, Tensor> inputs)
    {
        Check(graph, inputs);
        var values = graph.Outputs.Select(o => o.Value).ToImmutableArray();
        var results = Narrow(Evaluate(values, input => Widen(inputs[input.InputName])), [.. values.Select(v => v.Type)]);
        return graph.Outputs.Zip(results).ToDictionary(r => r.First.Name, r => r.Second);
    }

    /// <summary>A value that depends on constants only. Throws a <see cref="ModelException"/> when it depends on an input.</summary>
    public Tensor Evaluate(Value value) => Narrow(
        Evaluate([value], input => throw new ModelException("LATHE2090", $"the value depends on the input '{input.InputName}'")), [value.Type])[0];

    /// <summary>What an op makes of tensors.</summary>
    public ImmutableArray<Tensor> Apply(Op op, params IReadOnlyList<Tensor> inputs) => [.. Narrow(
        ApplyOp(op, [.. inputs.Select(Widen)]), op.Infer([.. inputs.Select(t => new TensorType(t.Type, t.Shape))]))];

    /// <summary>Values, and the tensors of inputs, in the precision that is computed in.</summary>
    private ImmutableArray<Tensor> Evaluate(ImmutableArray<Value> roots, Func<Input, Tensor> inputs)
    {
        var nodes = Graph.TopologicalOrder(roots);
        var uses = new Dictionary<Value, int>();
        foreach (var value in nodes.SelectMany(n => n.Inputs).Concat(roots))
            uses[value] = uses.GetValueOrDefault(value) + 1;
        var live = new Dictionary<Value, Tensor>();
        foreach (var node in nodes)
        {
            ImmutableArray<Tensor> results = node.Op switch
            {
                Input input => [inputs(input)],
                Constant constant => [Widen(constant.Tensor)],
                _ => ApplyOp(node.Op, [.. node.Inputs.Select(i => live[i])]),
            };
            foreach (var (value, tensor) in node.Outputs.Zip(results))
                if (uses.ContainsKey(value))
                    live[value] = tensor;
            foreach (var input in node.Inputs)
                if (--uses[input] == 0)
                    live.Remove(input);
        }
        return [.. roots.Select(r => live[r])];
    }

    private ImmutableArray<Tensor> Repeat(While loop, ImmutableArray<Tensor> values)
    {
        while (Call(loop.Condition, values)[0].GetInt64(0) != 0)
            values = [.. Call(loop.Body, values), .. values.Skip(loop.Carried)];
        return values[..loop.Carried];
    }

    private ImmutableArray<Tensor> Call(Graph graph, ImmutableArray<Tensor> arguments)
    {
        var inputs = graph.Inputs.Zip(arguments).ToDictionary(p => ((Input)p.First.Op).InputName, p => p.Second);
        return Evaluate([.. graph.Outputs.Select(o => o.Value)], input => inputs[input.InputName]);
    }

    private ImmutableArray<Tensor> ApplyOp(Op op, ImmutableArray<Tensor> inputs)
    {
        if (op is While loop)
            return Repeat(loop, inputs);
        if (!doublePrecision)
            return _ops.Apply(op, inputs);
        try
        {
            return _ops.Apply(op is Cast { To: DType.Float32 } ? new Cast(DType.Float64) : op, inputs);
        }
        catch (ModelException)
        {
            // Some ops fix f32 for some of their operands.
            return [.. _ops.Apply(op, [.. inputs.Select(t => t.Type == DType.Float64 ? t.Cast(DType.Float32) : t)]).Select(Widen)];
        }
    }

    private Tensor Widen(Tensor tensor) => doublePrecision && tensor.Type == DType.Float32 ? tensor.Cast(DType.Float64) : tensor;

    private static ImmutableArray<Tensor> Narrow(ImmutableArray<Tensor> tensors, IReadOnlyList<TensorType> types) =>
        [.. tensors.Zip(types, (tensor, type) => tensor.Cast(type.Element))];

    private static void Check(Graph graph, IReadOnlyDictionary<string, Tensor> inputs)
    {
        string names = string.Join(", ", graph.Inputs.Select(i => $"{((Input)i.Op).InputName}: {i.Type}"));
        foreach (var input in graph.Inputs)
        {
            string name = ((Input)input.Op).InputName;
            if (!inputs.TryGetValue(name, out var tensor))
                throw new ModelException("LATHE2091", $"the input '{name}' is missing", next: $"the model takes {names}");
            if (tensor.Type != input.Element || tensor.Shape.Rank != input.Shape.Rank
                || input.Shape.Zip(tensor.Shape).Any(d => d.First.IsKnown && d.First != d.Second))
            {
                throw new ModelException("LATHE2092", $"the input '{name}' is {tensor} and must be {input.Type}", next: $"the model takes {names}");
            }
        }
        var known = graph.Inputs.Select(i => ((Input)i.Op).InputName).ToHashSet();
        if (inputs.Keys.FirstOrDefault(k => !known.Contains(k)) is { } unknown)
            throw new ModelException("LATHE2093", $"the model has no input '{unknown}'", next: $"the model takes {names}");
    }
}
