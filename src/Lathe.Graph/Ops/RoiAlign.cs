using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Regions of a channels-first image [N, C, H, W] (input 0) pooled to a fixed size (He et al., 2017). Regions [R, 4] (input 1) are x1, y1, x2, y2, times
/// <paramref name="SpatialScale"/>; input 2 has the image's number of each. Each output is the mean of interpolated samples, or with <paramref name="Max"/>
/// the greatest of their weighted elements; <paramref name="SamplingRatio"/> squared of them, or as many as the region has elements where it is 0, at most
/// 1024 along an axis. With <paramref name="HalfPixel"/> regions are moved by half an element.
/// </summary>
public sealed record RoiAlign(long Height, long Width, long SamplingRatio, double SpatialScale, bool Max = false, bool HalfPixel = true) : LoopOp
{
    private const long MostSamples = 1024;

    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 3);
        var (x, regions, images) = (inputs[0], inputs[1], inputs[2]);
        ElementTypes.Float(this, ElementTypes.Same([x, regions]));
        ElementTypes.Integer(this, images.Element);
        if (x.Rank != 4 || regions.Rank != 2 || regions.Shape[1].Value != 4 || images.Rank != 1 || images.Shape[0] != regions.Shape[0])
            throw new ModelException("LATHE2072", $"the image {x}, the regions {regions} and their images {images} do not fit each other");
        if (Height < 1 || Width < 1 || SamplingRatio is < 0 or > MostSamples)
            throw new ModelException("LATHE2095", $"the output {Height} by {Width} with {SamplingRatio} samples along an axis is out of range");
        foreach (int axis in new[] { 0, 2, 3 })
            GatherIndex.RequireElements(x, axis, regions);
        return [x.WithShape([regions.Shape[0], x.Shape[1], Height, Width])];
    }

    public override Stmt Write(IReadOnlyList<Buffer> inputs, IReadOnlyList<Buffer> outputs)
    {
        var (x, regions, y) = (inputs[0], inputs[1], outputs[0]);
        var type = LoopNest.Wide(x.Element);
        var result = new Buffer("result", type, [1], BufferSpace.Local);
        Expr[] only = [0];
        return LoopNest.Over(y.Shape, "i", index =>
        {
            var image = GatherIndex.Of(inputs[2][[index[0]]], x.Shape[0]);
            Expr Corner(int i) => LoopNest.Wide(regions[[index[0], i]]);
            var rows = new Axis(this, Corner(1), Corner(3), Height, index[2], x.Shape[2]);
            var columns = new Axis(this, Corner(0), Corner(2), Width, index[3], x.Shape[3]);
            var samples = For.Of("sy", rows.Samples, LoopKind.Serial, sy => For.Of("sx", columns.Samples, LoopKind.Serial, sx =>
            {
                var (top, down) = (rows.Taps(sy), columns.Taps(sx));
                var sampled = top.SelectMany(_ => down, (r, c) => LoopNest.Wide(x[[image, index[1], r.Index, c.Index]]) * (r.Weight * c.Weight));
                return result.Store(only, Max ? sampled.Aggregate(result[only], Build.Max) : result[only] + sampled.Aggregate((a, b) => a + b));
            }));
            var count = Build.Cast(type, Build.Max(rows.Samples * columns.Samples, 1));
            var value = Max ? Build.Select(rows.Samples * columns.Samples > 0, result[only], Build.Const(0, type)) : result[only] / count;
            return new Allocate(result, Stmt.Sequence(
                result.Store(only, Max ? Build.Lowest(type) : Build.Const(0, type)), samples, y.Store(index, Build.Cast(y.Element, value))));
        });
    }

    /// <summary>The samples of one output along one axis of the image.</summary>
    private sealed class Axis
    {
        private readonly Expr _start;
        private readonly Expr _bin;
        private readonly long _extent;

        public Axis(RoiAlign op, Expr first, Expr last, long outputs, Expr output, long extent)
        {
            Expr Const(double value) => Build.Const(value, first.Element);
            _extent = extent;
            var start = (first * Const(op.SpatialScale)) - Const(op.HalfPixel ? 0.5 : 0);
            var length = (last * Const(op.SpatialScale)) - Const(op.HalfPixel ? 0.5 : 0) - start;
            if (!op.HalfPixel)
                length = Build.Max(length, Const(1));
            _bin = length / Const(outputs);
            _start = start + (Build.Cast(first.Element, output) * _bin);
            Samples = op.SamplingRatio > 0
                ? op.SamplingRatio
                : Build.Max(Build.Min(Build.Cast(DType.Int64, Build.Unary(UnaryOp.Ceil, _bin)), MostSamples), 0);
        }

        /// <summary>How many samples there are.</summary>
        public Expr Samples { get; }

        /// <summary>The two elements that a sample lies between, and their weights, which are 0 more than an element outside of the image.</summary>
        public (Expr Index, Expr Weight)[] Taps(Expr sample)
        {
            var type = _bin.Element;
            Expr Const(double value) => Build.Const(value, type);
            var at = _start + ((Build.Cast(type, sample) + Const(0.5)) * _bin / Build.Cast(type, Samples));
            var isNear = (at >= Const(-1)) & (at <= Const(_extent));
            var kept = Build.Max(Build.Min(at, Const(_extent - 1)), Const(0));
            var low = Build.Clamp(Build.Cast(DType.Int64, kept), _extent);
            var fraction = kept - Build.Cast(type, low);
            Expr Weight(Expr weight) => Build.Select(isNear, weight, Const(0));
            return [(low, Weight(Const(1) - fraction)), (Build.Clamp(low + 1, _extent), Weight(fraction))];
        }
    }
}
