using System.Collections.Immutable;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.TFLite.Exporting.Ops;

/// <summary>The softmax of beta * x along the last axis.</summary>
internal sealed record ScaledSoftmax(double Beta) : CompositeOp
{
    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs) =>
        [b.Add(new Softmax(inputs[0].Type.Rank - 1), b.Add(new Mul(), inputs[0], b.Scalar(Beta, inputs[0].Element)))];
}
