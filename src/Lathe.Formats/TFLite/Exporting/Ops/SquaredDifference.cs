using System.Collections.Immutable;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.TFLite.Exporting.Ops;

/// <summary>(a - b)^2.</summary>
internal sealed record SquaredDifference : CompositeOp
{
    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var difference = b.Add(new Sub(), inputs[0], inputs[1]);
        return [b.Add(new Mul(), difference, difference)];
    }
}
