using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Compilation.Scheduling;

/// <summary>
/// Lays the groups of a graph and of the graphs that it repeats out in one list of steps. A loop's outputs are the memory of what it carries:
/// values are copied there before the loop and after each round, and the loop's graphs read them as their inputs.
/// </summary>
internal sealed class StepOrder(MachineFacts machine)
{
    private readonly HashSet<Value> _materialized = [];
    private readonly Dictionary<Value, Value> _standsFor = [];
    private readonly Dictionary<Value, Placement> _placed = [];
    private readonly List<GraphStep> _steps = [];
    private readonly List<GraphLoop> _loops = [];

    /// <summary>In an order in which they can run.</summary>
    public IReadOnlyList<GraphStep> Steps => _steps;

    /// <summary>Each after the loops inside it.</summary>
    public IReadOnlyList<GraphLoop> Loops => _loops;

    /// <summary>All values that have memory, of all graphs.</summary>
    public IReadOnlySet<Value> Materialized => _materialized;

    /// <summary>The value of the graph around it that an input of a loop's graph is.</summary>
    public IReadOnlyDictionary<Value, Value> StandsFor => _standsFor;

    /// <summary>The values that lie in others' memory.</summary>
    public IReadOnlyDictionary<Value, Placement> Placed => _placed;

    public void Add(Graph graph)
    {
        var (groups, materialized) = GroupFormation.Of(graph, machine);
        _materialized.UnionWith(materialized);
        var joined = Attentions.Join(graph, Bands.Join(graph, groups, machine), materialized, machine);
        var (placedGroups, placed) = Placements.Of(graph, joined, materialized);
        foreach (var (value, place) in placed)
            _placed.Add(value, place);
        foreach (var group in placedGroups)
        {
            if (group.Result.Op is While loop)
                Repeat(group.Result.Node, loop);
            else
                _steps.Add(new GraphStep.Compute(group));
        }
    }

    private void Repeat(Node node, While loop)
    {
        for (int i = 0; i < loop.Carried; i++)
            Copy(node, "begin", node.Inputs[i], new Operand.Of(node.Outputs[i]));
        foreach (var graph in (Graph[])[loop.Condition, loop.Body])
            for (int i = 0; i < node.Inputs.Length; i++)
                _standsFor[graph.Inputs[i]] = i < loop.Carried ? node.Outputs[i] : node.Inputs[i];

        int first = _steps.Count;
        Add(loop.Condition);
        var goesOn = loop.Condition.Outputs[0].Value;
        var condition = new Operand.Held(goesOn);
        Copy(node, "condition", goesOn, condition);
        int body = _steps.Count;
        Add(loop.Body);
        Carry(node, loop);
        _loops.Add(new(first, body, _steps.Count, condition));
    }

    /// <summary>Values that change places are put aside first, so that none is overwritten before it is read.</summary>
    private void Carry(Node node, While loop)
    {
        var moves = new List<(Value Next, Operand From, Value To)>();
        foreach (var (output, to) in loop.Body.Outputs.Zip(node.Outputs))
        {
            var (next, memory) = (output.Value, Views.Root(output.Value, _standsFor));
            if (memory == to)
                continue;
            Operand from = new Operand.Of(next);
            if (memory.Node == node)
                Copy(node, "aside", next, from = new Operand.Held(next));
            moves.Add((next, from, to));
        }
        foreach (var (next, from, to) in moves)
            _steps.Add(new GraphStep.Copy($"{node.Name} (carry)", next.Type, from, new Operand.Of(to)));
    }

    private void Copy(Node node, string what, Value from, Operand to) =>
        _steps.Add(new GraphStep.Copy($"{node.Name} ({what})", from.Type, new Operand.Of(from), to));
}
