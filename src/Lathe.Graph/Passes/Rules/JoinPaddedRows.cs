using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>
/// An input's padding that leaves a narrow last axis alone, as around an image of three channels, pads rows of both last axes as one: they are copied by whole
/// vectors. What is computed is stored into its padding, and stays.
/// </summary>
public sealed class JoinPaddedRows : Rule<Pad>
{
    private const long MostChannels = 15;

    protected override Value? Apply(Node node, Pad op, RewriteContext context)
    {
        var x = node.Inputs[0];
        int last = x.Type.Rank - 1;
        if (x.Op is not Input || op.Mode != PadMode.Constant || last < 2 || op.Before[last] != 0 || op.After[last] != 0 || !x.Shape.IsKnown || x.Shape[last].Value is not (>= 1 and <= MostChannels and var channels))
            return null;
        EquatableArray<long> Joined(IEnumerable<long> axes) => [.. axes.Take(last - 1), axes.ElementAt(last - 1) * channels];
        long[] Row(Shape shape) => [.. shape.SkipLast(2).Select(d => d.Value), shape[last - 1].Value * channels];
        var b = context.Builder;
        var rows = b.Add(op with { Before = Joined(op.Before), After = Joined(op.After) }, b.Add(new Reshape([.. Row(x.Shape)]), x));
        return b.Add(new Reshape([.. node.Output.Shape.Select(d => d.Value)]), rows);
    }
}
