namespace Lathe.Bench.Models;

/// <summary>Layers of transformer encoders on [1, sequence, width], as PyTorch's exporter writes them.</summary>
internal static class OnnxTransformerLayers
{
    extension(OnnxModelBuilder b)
    {
        /// <summary>Rows of a random table, picked by an index tensor.</summary>
        public Value Embedding(Value indices, long entries, long width) =>
            b.Node("Gather", [.. indices.Shape, width], [b.Weight("embedding", b.Random.Centred(entries * width, 1), entries, width), indices], ("axis", 0L));

        /// <summary>x W + b over the last axis.</summary>
        public Value Linear(Value x, long units)
        {
            var weight = b.Weight("weight", b.Random.Centred(x.Last * units, Math.Sqrt(1.0 / x.Last)), x.Last, units);
            b.Macs += x.Count * units;
            var product = b.Node("MatMul", [.. x.Shape[..^1], units], [x, weight]);
            return b.Node("Add", product.Shape, [b.Weight("bias", b.Random.Centred(units, 0.1), units), product]);
        }

        public Value LayerNorm(Value x) => b.Node("LayerNormalization", x.Shape,
            [x, b.Weight("scale", b.Random.Uniform(x.Last, 0.8f, 1.2f), x.Last), b.Weight("shift", b.Random.Centred(x.Last, 0.1), x.Last)],
            ("axis", -1L), ("epsilon", 1e-12f));

        /// <summary>x / 2 * (1 + erf(x / sqrt(2))), written out.</summary>
        public Value Gelu(Value x)
        {
            var scaled = b.Node("Div", x.Shape, [x, b.Weight("root", MathF.Sqrt(2))]);
            var shifted = b.Node("Add", x.Shape, [b.Node("Erf", x.Shape, [scaled]), b.Weight("one", 1)]);
            return b.Node("Mul", x.Shape, [b.Node("Mul", x.Shape, [x, shifted]), b.Weight("half", 0.5f)]);
        }

        /// <summary>Scaled dot-product self-attention of several heads; <paramref name="bias"/> is added to the scores, [1, 1, 1, sequence].</summary>
        public Value SelfAttention(Value x, Value bias, long heads)
        {
            long sequence = x.Shape[1], width = x.Last, depth = width / heads;
            Value Heads(Value projected, params long[] order) => b.Transpose(b.Reshape(projected, 1, sequence, heads, depth), order);
            var queries = Heads(b.Linear(x, width), 0, 2, 1, 3);
            var keys = Heads(b.Linear(x, width), 0, 2, 3, 1);
            var values = Heads(b.Linear(x, width), 0, 2, 1, 3);
            var scores = b.BatchedMatMul(queries, keys);
            scores = b.Node("Div", scores.Shape, [scores, b.Weight("root", MathF.Sqrt(depth))]);
            scores = b.Node("Add", scores.Shape, [scores, bias]);
            var weighted = b.BatchedMatMul(b.Node("Softmax", scores.Shape, [scores], ("axis", -1L)), values);
            return b.Linear(b.Reshape(b.Transpose(weighted, 0, 2, 1, 3), 1, sequence, width), width);
        }

        /// <summary>0 where the int64 mask [1, sequence] is 1, a very negative number where it is 0; [1, 1, 1, sequence].</summary>
        public Value MaskBias(Value mask)
        {
            long[] shape = [1, 1, 1, mask.Last];
            var lifted = b.Node("Unsqueeze", shape, [mask, b.Integers("axes", 1, 2)]);
            var kept = b.Node("Cast", shape, [lifted], ("to", 1L));
            var dropped = b.Node("Sub", shape, [b.Weight("one", 1), kept]);
            return b.Node("Mul", shape, [dropped, b.Weight("lowest", -1e4f)]);
        }

        public Value Reshape(Value x, params long[] shape) => b.Node("Reshape", shape, [x, b.Integers("shape", shape)]);

        public Value Transpose(Value x, params long[] order) =>
            b.Node("Transpose", [.. order.Select(axis => x.Shape[axis])], [x], ("perm", order));

        private Value BatchedMatMul(Value x, Value y)
        {
            b.Macs += x.Count * y.Last;
            return b.Node("MatMul", [.. x.Shape[..^1], y.Last], [x, y]);
        }
    }
}
