using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Repeats a body as long as a condition holds, which is looked at before each round: rounds that only a run counts. Inputs: the carried
/// values as they begin, one for each output of the body, then values that stay the same. Both graphs take all of them, in this order;
/// the condition gives one bool, the body what is carried into the next round, of the same types. Outputs: what is carried in the end.
/// </summary>
public sealed record While(Graph Condition, Graph Body) : Op
{
    /// <summary>How many of the inputs are carried from round to round.</summary>
    public int Carried => Body.Outputs.Length;

    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, Condition.Inputs.Length);
        Fit("condition takes", Condition.Inputs.Select(v => v.Type), inputs);
        Fit("body takes", Body.Inputs.Select(v => v.Type), inputs);
        if (Carried == 0 || Carried > inputs.Count)
            throw new ModelException("LATHE2127", $"the body gives {Carried} values for {inputs.Count} inputs");
        Fit("body gives", Body.Outputs.Select(o => o.Value.Type), [.. inputs.Take(Carried)]);
        if (Condition.Outputs is not [{ Value.Type: { Element: DType.Bool, Shape.ElementCount: 1 } }])
            throw new ModelException("LATHE2127", $"the condition gives {string.Join(", ", Condition.Outputs.Select(o => o.Value.Type))} and must give one bool");
        return [.. inputs.Take(Carried)];
    }

    /// <summary>Of one round: how many there are, only a run knows.</summary>
    public override long Macs(Node node) => Nodes.Sum(n => n.Op.Macs(n));

    /// <summary>Of one round, as <see cref="Macs"/>.</summary>
    public override long Flops(Node node) => Nodes.Sum(n => n.Op.Flops(n));

    public bool Equals(While? other) => other is not null
        && (ReferenceEquals(Condition, other.Condition) || GraphText.Print(Condition) == GraphText.Print(other.Condition))
        && (ReferenceEquals(Body, other.Body) || GraphText.Print(Body) == GraphText.Print(other.Body));

    public override int GetHashCode() => HashCode.Combine(Condition.Inputs.Length, Body.Outputs.Length);

    private IEnumerable<Node> Nodes => Condition.Nodes.Concat(Body.Nodes);

    private static void Fit(string what, IEnumerable<TensorType> types, IReadOnlyList<TensorType> expected)
    {
        TensorType[] found = [.. types];
        if (!found.SequenceEqual(expected))
            throw new ModelException("LATHE2127", $"the {what} ({string.Join(", ", found)}) and the values are ({string.Join(", ", expected)})");
    }
}
