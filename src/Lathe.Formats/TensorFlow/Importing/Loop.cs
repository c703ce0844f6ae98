using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Importing;

/// <summary>
/// A loop of TensorFlow 1: each variable enters through Enter, is merged with its next value, and a Switch sends it into another round or out.
/// </summary>
/// <param name="Frame">The name of the loop's frame.</param>
/// <param name="Condition">The node that decides on another round.</param>
internal sealed record Loop(string Frame, GraphNode Condition, IReadOnlyList<Loop.Variable> Variables)
{
    /// <param name="Exit">Its node after the loop, where it has one.</param>
    internal sealed record Variable(GraphNode Merge, GraphNode Enter, GraphNode? Next, GraphNode? Exit);

    public static Loop Find(Body body, GraphNode condition)
    {
        var variables = new List<Variable>();
        string frame = "";
        var exits = body.Nodes.Where(n => n.Op is "Exit" or "RefExit" && n.Inputs.Length > 0).ToLookup(n => n.Inputs[0].Node);
        foreach (var leaving in body.Nodes.Where(n => Body.IsSwitch(n) && n.Inputs.Length > 1 && n.Inputs[1].Node == condition.Name))
        {
            var merge = body.Get(leaving.Inputs[0].Node);
            if (merge.Op is not ("Merge" or "RefMerge"))
                continue;
            var sources = merge.Inputs.Select(i => body.Get(i.Node)).ToArray();
            if (sources.FirstOrDefault(IsEnter) is not { } enter)
                throw new ModelException("LATHE3513", $"the loop's variable '{merge.Name}' has no first value");
            if (enter.Inputs.Length != 1)
                throw new ModelException("LATHE3513", $"'{enter.Name}' has {enter.Inputs.Length} operands");
            string entered = FrameOf(enter);
            if (frame.Length > 0 && entered != frame)
                throw new ModelException("LATHE3513", $"the loop of '{condition.Name}' has the frames '{frame}' and '{entered}'");
            frame = entered;
            variables.Add(new(merge, enter, sources.FirstOrDefault(s => s.Op is "NextIteration" or "RefNextIteration"), exits[leaving.Name].FirstOrDefault()));
        }
        return new(frame, condition, variables);
    }

    /// <summary>The variables that what is around the loop needs.</summary>
    public Variable[] Needed(Scope around) => [.. Variables.Where(v => around.Needed.Contains(v.Merge.Name))];

    public static bool IsEnter(GraphNode node) => node.Op is "Enter" or "RefEnter";

    public static string FrameOf(GraphNode enter) => enter.Definition.Attr.TryGetValue("frame_name", out var name) ? name.S.ToStringUtf8() : "";
}
