using System.Collections.Immutable;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.TFLite.Exporting.Ops;

/// <summary>x divided by its 2-norm along the last axis, which counts as 1e-6 at least.</summary>
internal sealed record L2Normalization : CompositeOp
{
    public const double Least = 1e-6;

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var x = inputs[0];
        var norm = b.Add(new ReduceL2([x.Type.Rank - 1], KeepDims: true), x);
        return [b.Add(new Div(), x, b.Add(new Max(), norm, b.Scalar(Least, x.Element)))];
    }
}
