using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>Images read between their pixels.</summary>
internal static class Sampling
{
    extension(GraphBuilder b)
    {
        /// <summary>An image [N, H, W, C] at places [N, P, 1] along its width and height, in pixels: [N, P, C], weighed linearly between four pixels, of which those outside are 0.</summary>
        public Value SampledLinearly(Value image, Value x, Value y)
        {
            var (batch, height, width, channels) = (image.Shape[0].Value, image.Shape[1].Value, image.Shape[2].Value, image.Shape[3].Value);
            if ((Int128)batch * height * width > int.MaxValue)
                throw new UnsupportedException("LATHE3501", $"sampling {image.Type} is not supported");
            var pixels = b.Reshaped(image, [batch * height * width, channels]);
            var first = Tensor.Zeros(DType.Int32, [batch, 1, 1]);
            for (long i = 0; i < batch; i++)
                first.SetInt64(i, i * height * width);
            // Two pixels along an axis: each one's number, where it lies inside, and its weight, which is 0 elsewhere.
            (Value Index, Value Weight)[] Taps(Value at, long extent)
            {
                var floor = b.Add(new Floor(), at);
                var share = b.Add(new Sub(), at, floor);
                var one = b.ScalarLike(1, at);
                return [Tap(floor, b.Add(new Sub(), one, share)), Tap(b.Add(new Add(), floor, one), share)];
                (Value Index, Value Weight) Tap(Value pixel, Value weight)
                {
                    var (zero, last) = (b.ScalarLike(0, at), b.ScalarLike(extent - 1, at));
                    var inside = b.Add(new And(), b.Add(new GreaterEqual(), pixel, zero), b.Add(new LessEqual(), pixel, last));
                    return (b.Add(new Cast(DType.Int32), b.Add(new Clip(0, extent - 1), pixel)), b.Add(new Where(), inside, weight, zero));
                }
            }

            Value Int(long number) => b.Scalar(number, DType.Int32);
            Value? sum = null;
            var columns = Taps(x, width);
            foreach (var (row, rowWeight) in Taps(y, height))
            {
                foreach (var (column, columnWeight) in columns)
                {
                    var index = b.Add(new Add(), b.Add(new Mul(), row, Int(width)), column);
                    if (batch > 1)
                        index = b.Add(new Add(), index, b.Constant(first));
                    var values = b.Add(new Gather(0), pixels, b.Reshaped(index, [.. index.Shape.Take(2)]));
                    var term = b.Add(new Mul(), values, b.Add(new Mul(), rowWeight, columnWeight));
                    sum = sum is null ? term : b.Add(new Add(), sum, term);
                }
            }
            return sum!;
        }
    }
}
