using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs;

/// <summary>
/// Checks the invariants of the graph language, after every pass in Debug builds and in tests:
/// 1. every declared input is the output of an <see cref="Input"/> node, and no two have the same name;
/// 2. every input node that an output needs is declared;
/// 3. outputs have names, and no two the same;
/// 4. no node reads, directly or not, its own output;
/// 5. every value belongs to the outputs of its own node, at its own index;
/// 6. every node's types are those that its op infers from its inputs' types;
/// 7. the graphs that a loop repeats keep these too.
/// A graph that breaks one is a bug: <see cref="InternalException"/>.
/// </summary>
public static class GraphVerifier
{
    public static void Verify(Graph graph)
    {
        foreach (var input in graph.Inputs)
            Check(input.Op is Input, "LATHE2910", $"the input {input} of '{graph.Name}' is not made by an Input node");
        CheckUnique(graph.Inputs.Select(i => ((Input)i.Op).InputName), "input");
        CheckUnique(graph.Outputs.Select(o => o.Name), "output");

        var declared = graph.Inputs.ToHashSet();
        var place = graph.Nodes.Select((node, i) => (node, i)).ToDictionary(p => p.node, p => p.i);
        foreach (var node in graph.Nodes)
        {
            Check(node.Op is not Input || declared.Contains(node.Output), "LATHE2911", $"the input {node} is used and not declared");
            foreach (var input in node.Inputs)
            {
                Check(place[input.Node] < place[node], "LATHE2912", $"{node} depends on itself");
                Check(input.Index < input.Node.Outputs.Length && input.Node.Outputs[input.Index] == input, "LATHE2913", $"{input} is no output of its node");
            }
            CheckTypes(node);
            if (node.Op is While loop)
            {
                Verify(loop.Condition);
                Verify(loop.Body);
            }
        }
    }

    private static void CheckTypes(Node node)
    {
        EquatableArray<TensorType> types;
        try
        {
            types = node.Op.Infer([.. node.Inputs.Select(i => i.Type)]);
        }
        catch (ModelException e)
        {
            throw new InternalException("LATHE2914", $"{node} does not take its inputs: {e.Message}", e);
        }
        Check(types == node.Outputs.Select(o => o.Type).ToEquatableArray(), "LATHE2915", $"{node} should have the types {types}");
    }

    private static void CheckUnique(IEnumerable<string> names, string what)
    {
        var seen = new HashSet<string>();
        foreach (string name in names)
            Check(name.Length > 0 && seen.Add(name), "LATHE2916", $"the {what} name '{name}' is empty or used twice");
    }

    private static void Check(bool holds, string code, string message)
    {
        if (!holds)
            throw new InternalException(code, message);
    }
}
