namespace Lathe.Bench.Models;

/// <summary>Layers of convolutional nets, each the node or nodes that exporters write for it. Images are [1, C, H, W].</summary>
internal static class OnnxLayers
{
    extension(OnnxModelBuilder b)
    {
        /// <summary>A square convolution. <paramref name="gain"/> is 2 before a ReLU, 1 before nothing (He et al. 2015).</summary>
        public Value Conv(Value x, long channels, long kernel, long stride = 1, long? padding = null, long groups = 1, bool bias = false, double gain = 2)
        {
            long pad = padding ?? kernel / 2;
            long fanIn = x.Channels / groups * kernel * kernel;
            var weight = b.Weight("weight", b.Random.Centred(channels * fanIn, Math.Sqrt(gain / fanIn)), channels, x.Channels / groups, kernel, kernel);
            var offset = bias ? b.Weight("bias", b.Random.Centred(channels, 0.1), channels) : null;
            long[] shape = [1, channels, Extent(x.Shape[2], kernel, stride, 2 * pad), Extent(x.Shape[3], kernel, stride, 2 * pad)];
            b.Macs += shape[1] * shape[2] * shape[3] * fanIn;
            return b.Node("Conv", shape, offset is null ? [x, weight] : [x, weight, offset],
                ("dilations", new long[] { 1, 1 }), ("group", groups), ("kernel_shape", new[] { kernel, kernel }),
                ("pads", new[] { pad, pad, pad, pad }), ("strides", new[] { stride, stride }));
        }

        /// <summary>A square transposed convolution whose output is <paramref name="stride"/> times as large.</summary>
        public Value ConvTranspose(Value x, long channels, long kernel, long stride, long padding, long outputPadding)
        {
            // An output element sees about (kernel / stride)^2 taps of every input channel.
            double fanIn = x.Channels * (double)(kernel * kernel) / (stride * stride);
            var weight = b.Weight("weight", b.Random.Centred(x.Channels * channels * kernel * kernel, Math.Sqrt(1 / fanIn)), x.Channels, channels, kernel, kernel);
            var offset = b.Weight("bias", b.Random.Centred(channels, 0.1), channels);
            long Grown(long extent) => (extent - 1) * stride - 2 * padding + kernel + outputPadding;
            b.Macs += x.Count * channels * kernel * kernel;
            return b.Node("ConvTranspose", [1, channels, Grown(x.Shape[2]), Grown(x.Shape[3])], [x, weight, offset],
                ("dilations", new long[] { 1, 1 }), ("group", 1L), ("kernel_shape", new[] { kernel, kernel }),
                ("output_padding", new[] { outputPadding, outputPadding }), ("pads", new[] { padding, padding, padding, padding }), ("strides", new[] { stride, stride }));
        }

        /// <summary>
        /// Inference batch normalization with statistics near (0, 1). A small <paramref name="scale"/> on the last one of a residual
        /// branch keeps the trunk from doubling its variance at every block.
        /// </summary>
        public Value BatchNorm(Value x, float scale = 1)
        {
            long c = x.Channels;
            return b.Node("BatchNormalization", x.Shape,
                [x,
                 b.Weight("scale", b.Random.Uniform(c, 0.8f * scale, 1.2f * scale), c), b.Weight("shift", b.Random.Centred(c, 0.1), c),
                 b.Weight("mean", b.Random.Centred(c, 0.1), c), b.Weight("variance", b.Random.Uniform(c, 0.8f, 1.2f), c)],
                ("epsilon", 1e-5f));
        }

        public Value Relu(Value x) => b.Node("Relu", x.Shape, [x]);

        public Value Relu6(Value x) => b.Node("Clip", x.Shape, [x, b.Weight("low", 0), b.Weight("high", 6)]);

        public Value HardSwish(Value x) => b.Node("HardSwish", x.Shape, [x]);

        public Value HardSigmoid(Value x) => b.Node("HardSigmoid", x.Shape, [x], ("alpha", 1 / 6f), ("beta", 0.5f));

        public Value PRelu(Value x) => b.Node("PRelu", x.Shape, [x, b.Weight("slope", b.Random.Uniform(x.Channels, 0.1f, 0.3f), x.Channels, 1, 1)]);

        public Value Tanh(Value x) => b.Node("Tanh", x.Shape, [x]);

        public Value Add(Value x, Value y) => b.Node("Add", x.Shape, [x, y]);

        /// <summary>The product; <paramref name="y"/> may be broadcast to <paramref name="x"/>.</summary>
        public Value Mul(Value x, Value y) => b.Node("Mul", x.Shape, [x, y]);

        public Value MaxPool(Value x, long kernel, long stride, long padding = 0, bool ceil = false)
        {
            // With ceil_mode the last window may hang over the edge.
            long slack = 2 * padding + (ceil ? stride - 1 : 0);
            return b.Node("MaxPool", [1, x.Channels, Extent(x.Shape[2], kernel, stride, slack), Extent(x.Shape[3], kernel, stride, slack)], [x],
                ("ceil_mode", ceil ? 1L : 0L), ("kernel_shape", new[] { kernel, kernel }),
                ("pads", new[] { padding, padding, padding, padding }), ("strides", new[] { stride, stride }));
        }

        public Value AveragePool(Value x, long kernel, long stride) =>
            b.Node("AveragePool", [1, x.Channels, Extent(x.Shape[2], kernel, stride, 0), Extent(x.Shape[3], kernel, stride, 0)], [x],
                ("kernel_shape", new[] { kernel, kernel }), ("strides", new[] { stride, stride }));

        public Value GlobalAveragePool(Value x) => b.Node("GlobalAveragePool", [1, x.Channels, 1, 1], [x]);

        public Value Flatten(Value x) => b.Node("Flatten", [1, x.Count], [x], ("axis", 1L));

        /// <summary>A fully connected layer on [1, n], as Gemm with transposed weights.</summary>
        public Value Dense(Value x, long units, double gain = 1)
        {
            var weight = b.Weight("weight", b.Random.Centred(units * x.Last, Math.Sqrt(gain / x.Last)), units, x.Last);
            b.Macs += units * x.Last;
            return b.Node("Gemm", [1, units], [x, weight, b.Weight("bias", b.Random.Centred(units, 0.1), units)], ("transB", 1L));
        }

        public Value Softmax(Value x) => b.Node("Softmax", x.Shape, [x], ("axis", -1L));

        /// <summary>Joins along channels.</summary>
        public Value Concat(params Value[] parts) =>
            b.Node("Concat", [1, parts.Sum(p => p.Channels), .. parts[0].Shape[2..]], parts, ("axis", 1L));

        /// <summary>The first half of the channels, and the second.</summary>
        public (Value First, Value Second) Halves(Value x)
        {
            long half = x.Channels / 2;
            Value Channels(long from) => b.Node("Slice", [1, half, .. x.Shape[2..]], [x, b.Integers("starts", from), b.Integers("ends", from + half), b.Integers("axes", 1)]);
            return (Channels(0), Channels(half));
        }

        /// <summary>Takes a channel of each group in turn.</summary>
        public Value Shuffle(Value x, long groups)
        {
            long[] apart = [1, groups, x.Channels / groups, .. x.Shape[2..]], turned = [1, apart[2], groups, .. x.Shape[2..]];
            var split = b.Node("Reshape", apart, [x, b.Integers("shape", apart)]);
            var woven = b.Node("Transpose", turned, [split], ("perm", new long[] { 0, 2, 1, 3, 4 }));
            return b.Node("Reshape", x.Shape, [woven, b.Integers("shape", x.Shape)]);
        }

        public Value Swish(Value x) => b.Mul(x, b.Node("Sigmoid", x.Shape, [x]));

        /// <summary>The sub-pixel shuffle of ESPCN (channel-row-column order).</summary>
        public Value PixelShuffle(Value x, long factor) =>
            b.Node("DepthToSpace", [1, x.Channels / (factor * factor), x.Shape[2] * factor, x.Shape[3] * factor], [x], ("blocksize", factor), ("mode", "CRD"));
    }

    private static long Extent(long extent, long kernel, long stride, long padding) => (extent + padding - kernel) / stride + 1;
}
