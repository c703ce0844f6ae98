using System.Collections.Immutable;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.TFLite.Exporting.Ops;

/// <summary>1 / sqrt(x).</summary>
internal sealed record Rsqrt : CompositeOp
{
    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs) => [b.Add(new Reciprocal(), b.Add(new Sqrt(), inputs[0]))];
}
