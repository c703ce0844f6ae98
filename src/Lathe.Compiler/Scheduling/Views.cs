using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Compilation.Scheduling;

/// <summary>
/// Which value's memory each value with memory is in. A view (reshape) is in its input's; a model output that is a view of
/// something computed makes that be computed in the output itself. Outputs that cannot be so (the same value twice, an
/// input, a constant) are copied.
/// </summary>
internal sealed class Views
{
    private readonly Graph _graph;
    private readonly IReadOnlyDictionary<Value, Value> _standsFor;
    private readonly IReadOnlyDictionary<Value, Placement> _placed;
    private readonly Dictionary<Value, int> _outputOfRoot = [];
    private readonly List<(int Output, Value From)> _copies = [];

    public Views(Graph graph, StepOrder order)
    {
        (_graph, _standsFor, _placed) = (graph, order.StandsFor, order.Placed);
        for (int i = 0; i < graph.Outputs.Length; i++)
        {
            var root = Root(graph.Outputs[i].Value);
            if (root.Op is Input or Constant || !order.Materialized.Contains(root) || !_outputOfRoot.TryAdd(root, i))
                _copies.Add((i, graph.Outputs[i].Value));
        }
    }

    /// <summary>The value whose kernel writes the memory that a value is in; an input or constant for views of those.</summary>
    public static Value Root(Value value)
    {
        while (GroupFormation.IsView(value.Node))
            value = value.Node.Inputs[0];
        return value;
    }

    /// <summary>The same, through inputs of loops' graphs to what they stand for.</summary>
    public static Value Root(Value value, IReadOnlyDictionary<Value, Value> standsFor)
    {
        while (standsFor.TryGetValue(value = Root(value), out var outer))
            value = outer;
        return value;
    }

    /// <summary>The value whose memory a value of the graph, or of one that it repeats, is in.</summary>
    public Value MemoryOf(Value value)
    {
        var root = Root(value, _standsFor);
        return _placed.TryGetValue(root, out var place) ? place.Whole : root;
    }

    /// <summary>Where a value begins in that memory.</summary>
    public long OffsetOf(Value value) => _placed.TryGetValue(value, out var place) ? place.OffsetBytes : 0;

    /// <summary>The model output whose memory a root is computed in, if it is.</summary>
    public int? OutputOf(Value root) => _outputOfRoot.TryGetValue(root, out int i) ? i : null;

    /// <summary>Kernels that copy the outputs which are not computed in place.</summary>
    public IEnumerable<LoweredKernel> Copies() => _copies.Select(c =>
        CopyKernel.Of($"{_graph.Outputs[c.Output].Name} (copy)", c.From.Type, new Operand.Of(c.From), new Operand.Result(c.Output)));
}
