using Lathe.Formats.TensorFlow.Reading;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Importing;

/// <summary>The inputs and outputs of a graph that does not say them: its placeholders, and the nodes that nothing reads; or those that the user names.</summary>
internal static class GraphInterface
{
    /// <summary>Ops that run for what they do, and constants.</summary>
    private static readonly HashSet<string> NoResults =
    [
        "NoOp", "Const", "Assert", "Print", "PrintV2", "CheckNumerics", "Save", "SaveV2", "SaveSlices", "Restore", "RestoreV2", "MergeV2Checkpoints", "ShardedFilename",
        "Assign", "AssignAdd", "AssignSub", "AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp", "Variable", "VariableV2", "VarHandleOp", "VarIsInitializedOp",
        "IsVariableInitialized", "Placeholder", "NextIteration", "Enter", "LoopCond", "Switch", "WriteFile",
    ];

    /// <summary>What a graph declares, with what the options say in its place.</summary>
    public static ModelInterface Of(Body body, ModelInterface? declared, ImportOptions options)
    {
        var outputs = options.Outputs.Count > 0
            ? [.. options.Outputs.Select(name => new ModelInterface.Output(Trimmed(name), Named(body, name, "output")))]
            : declared?.Outputs ?? Leaves(body);
        IReadOnlyList<ModelInterface.Input> inputs = options.Inputs.Count > 0
            ? [.. options.Inputs.Select(name => InputAt(body, Trimmed(name), Named(body, name, "input")))]
            : declared?.Inputs ?? [];
        if (options.Inputs.Count == 0 && (declared is null || options.Outputs.Count > 0))
        {
            var known = inputs.Select(i => i.At.Node).ToHashSet();
            var needed = body.Needed(outputs.Select(o => o.At.Node));
            inputs = [.. inputs.Where(i => needed.Contains(i.At.Node)), .. body.Nodes.Where(n => n.Op is "Placeholder" or "PlaceholderV2" && needed.Contains(n.Name) && !known.Contains(n.Name)).Select(n => InputAt(body, n.Name, new(n.Name, 0)))];
        }
        return new(inputs, outputs);
    }

    /// <summary>The placeholders of a graph.</summary>
    public static IEnumerable<ModelInterface.Input> Placeholders(Body body) =>
        body.Nodes.Where(n => n.Op is "Placeholder" or "PlaceholderV2").Select(n => InputAt(body, n.Name, new(n.Name, 0)));

    private static IReadOnlyList<ModelInterface.Output> Leaves(Body body)
    {
        var read = body.Nodes.SelectMany(n => n.Definition.Input).Where(i => !i.StartsWith('^')).Select(i => Endpoint.Parse(i).Node).ToHashSet();
        var leaves = body.Nodes.Where(n => !read.Contains(n.Name) && !NoResults.Contains(n.Op) && !n.Op.Contains("Summary", StringComparison.Ordinal)).ToList();
        return leaves.Count > 0
            ? [.. leaves.Select(n => new ModelInterface.Output(n.Name, new(n.Name, 0)))]
            : throw new ModelException("LATHE3531", "the graph has no node that nothing else reads", "name its outputs (--outputs)");
    }

    private static ModelInterface.Input InputAt(Body body, string name, Endpoint at)
    {
        var node = body.Get(at.Node);
        var attributes = new Attributes(node.Definition);
        bool isPlaceholder = node.Op.StartsWith("Placeholder", StringComparison.Ordinal);
        string typed = new[] { "dtype", "DstT", "Tout", "out_type", "output_type", "T" }.FirstOrDefault(attributes.Has) ?? "dtype";
        var otherwise = node.Op == "DecodeWav" && at.Output == 1 ? DataType.Int32 : DataType.Float;
        // Graphs may note their shapes; old ones say [] of placeholders whose rank is open.
        var declared = isPlaceholder ? Shapes.Open(attributes.Shape("shape"), name) : attributes.OutputShape(at.Output, name);
        return new(name, at, () => attributes.Element(typed, otherwise), declared);
    }

    /// <summary>Users write "node:0" as well as "node"; the node must be there.</summary>
    private static Endpoint Named(Body body, string name, string kind)
    {
        var at = Endpoint.Parse(name);
        if (body.Find(at.Node) is not null)
            return at;
        string[] similar = [.. (kind == "input" ? Placeholders(body).Select(p => p.Name) : Leaves(body).Select(l => l.Name)).Take(20)];
        throw new ModelException("LATHE3564", $"the graph has no node '{at.Node}' for an {kind}", $"its {kind}s are, as far as it says: {string.Join(", ", similar)}");
    }

    private static string Trimmed(string name) => name.EndsWith(":0", StringComparison.Ordinal) ? name[..^2] : name;
}
