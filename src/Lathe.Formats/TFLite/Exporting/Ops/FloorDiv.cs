using System.Collections.Immutable;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.TFLite.Exporting.Ops;

/// <summary>floor(a / b).</summary>
internal sealed record FloorDiv : CompositeOp
{
    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs) => [b.Add(new Floor(), b.Add(new Div(), inputs[0], inputs[1]))];
}
