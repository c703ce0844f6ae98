using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Importing;
using Lathe.Formats.Keras.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Operators;

/// <summary>Layers that mix values by how their keys suit queries.</summary>
internal static class Attention
{
    private static readonly string[] Projections = ["query_dense", "key_dense", "value_dense", "output_dense"];

    public static IEnumerable<WeightSlot> ScoreWeights(LayerConfig layer)
    {
        bool isConcat = layer.Settings.Text("score_mode", "dot") == "concat";
        if (layer.Settings.Flag("use_scale", layer.ClassName == "AdditiveAttention"))
            yield return new("scale");
        if (isConcat)
            yield return new("concat_score_weight");
    }

    /// <summary>Products of queries and keys as scores; inputs: query, value, key (else the value).</summary>
    public static IReadOnlyList<KerasValue> Dot(LayerContext layer)
    {
        var (query, value, key) = Inputs(layer);
        Value scores;
        if (layer.Settings.Text("score_mode", "dot") == "concat")
        {
            scores = Sums(layer, query, key, sum => layer.Add(new Tanh(), layer.TryWeight("scale") is { } scale ? layer.Add(new Mul(), sum, scale) : sum));
            scores = layer.Add(new Mul(), scores, layer.Weight("concat_score_weight"));
        }
        else
        {
            scores = layer.Add(new MatMul(TransposeB: true), query, key);
            if (layer.TryWeight("scale") is { } scale)
                scores = layer.Add(new Mul(), scores, scale);
        }
        return Mixed(layer, scores, value);
    }

    /// <summary>Sums of tanh(query + key) as scores (Bahdanau et al., 2015).</summary>
    public static IReadOnlyList<KerasValue> Additive(LayerContext layer)
    {
        var (query, value, key) = Inputs(layer);
        var scores = Sums(layer, query, key, sum =>
        {
            var bent = layer.Add(new Tanh(), sum);
            return layer.TryWeight("scale") is { } scale ? layer.Add(new Mul(), bent, scale) : bent;
        });
        return Mixed(layer, scores, value);
    }

    public static IEnumerable<ChildWeights> ProjectionWeights(LayerConfig layer) => Projections.Select(name => new ChildWeights(
        [name, $"_{name}"], new(layer with { Name = $"{layer.Name}/{name}" }, [.. Dense.KernelAndBias(layer)], [])));

    /// <summary>Heads of attention (Vaswani et al., 2017) over [batch, steps, features].</summary>
    public static IReadOnlyList<KerasValue> MultiHead(LayerContext layer)
    {
        var named = (Query: layer.Inputs.Count > 0 ? layer.Inputs[0] : layer.TensorNamed("query"), Value: layer.TensorNamed("value"), Key: layer.TensorNamed("key"));
        var query = named.Query ?? throw new ModelException("LATHE3441", "it is called without a query");
        var value = named.Value ?? (layer.Inputs.Count > 1 ? layer.Inputs[1] : throw new ModelException("LATHE3441", "it is called without a value"));
        var key = named.Key ?? (layer.Inputs.Count > (named.Value is null ? 2 : 1) ? layer.Inputs[named.Value is null ? 2 : 1] : value);
        if (new[] { query, value, key }.Any(v => v.Value.Type.Rank != 3) || layer.Settings.Has("attention_axes") && layer.Settings.TryInts("attention_axes") is not [1])
            throw layer.Unsupported("attention along several axes is not supported");
        var (q, k, v) = (Heads(layer, query.Value, 0), Heads(layer, key.Value, 1), Heads(layer, value.Value, 2));
        double scale = 1 / Math.Sqrt(q.Shape[3].Value);
        var scores = layer.Add(new MatMul(TransposeB: true), layer.Add(new Mul(), q, layer.Builder.ScalarLike(scale, q)), k);
        if (MaskOf(layer, query, value, key, scores) is { } mask)
            scores = Masks.LeftOut(layer, scores, layer.Builder.Unsqueezed(mask, 1));
        var weights = layer.Add(new Softmax(3), scores);
        var mixed = layer.Builder.Permuted(layer.Add(new MatMul(), weights, v), 0, 2, 1, 3);
        var flat = layer.Builder.Reshaped(mixed, [mixed.Shape[0], mixed.Shape[1], mixed.Shape[2] * mixed.Shape[3]]);
        var (kernel, bias) = Projection(layer, 3);
        if (kernel.Type.Rank != 3)
            throw layer.Unsupported("outputs of several axes are not supported");
        var output = layer.Add(new MatMul(), flat, layer.Builder.Reshaped(kernel, [kernel.Shape[0] * kernel.Shape[1], kernel.Shape[2]]));
        output = bias is null ? output : layer.Add(new Add(), output, bias);
        bool scored = layer.Arguments.Named.TryGetValue("return_attention_scores", out var returns) && returns.ValueKind == System.Text.Json.JsonValueKind.True;
        return scored ? [new(output, query.Mask), new(weights)] : [new(output, query.Mask)];
    }

    /// <summary>[batch, steps, features] times [features, heads, size] as [batch, heads, steps, size].</summary>
    private static Value Heads(LayerContext layer, Value x, int projection)
    {
        var (kernel, bias) = Projection(layer, projection);
        if (!x.Element.IsFloat || kernel.Type.Rank != 3 || kernel.Shape[0] != x.Shape[2])
            layer.Fail($"weights {kernel.Type} do not suit {x.Type}");
        var product = layer.Add(new MatMul(), x, layer.Builder.Reshaped(kernel, [kernel.Shape[0], kernel.Shape[1] * kernel.Shape[2]]));
        if (bias is not null)
            product = layer.Add(new Add(), product, layer.Builder.Reshaped(bias, [bias.Shape.ElementCount]));
        return layer.Builder.Permuted(layer.Builder.Reshaped(product, [x.Shape[0], x.Shape[1], kernel.Shape[1], kernel.Shape[2]]), 0, 2, 1, 3);
    }

    private static (Value Kernel, Value? Bias) Projection(LayerContext layer, int which)
    {
        var weights = layer.Weights.Children[which].Weights;
        var kernel = weights.Find("kernel") ?? throw new ModelException("LATHE3422", $"its weight '{Projections[which]}/kernel' is missing");
        return (layer.Builder.Constant(kernel.Cast(DType.Float32)), weights.Find("bias") is { } bias ? layer.Builder.Constant(bias.Cast(DType.Float32)) : null);
    }

    /// <summary>Which keys count for which queries, [batch, queries, keys], or null where all do.</summary>
    private static Value? MaskOf(LayerContext layer, KerasValue query, KerasValue value, KerasValue key, Value scores)
    {
        Value? mask = null;
        if (layer.TensorNamed("attention_mask") is { } given)
            mask = layer.Add(new Cast(DType.Bool), given.Value.Type.Rank == 3 ? given.Value : throw layer.Unsupported($"a mask {given.Value.Type} is not supported"));
        if (query.Mask is { } queries)
            mask = Masks.And(layer, mask, layer.Builder.Unsqueezed(queries, 2));
        foreach (var keys in new[] { value.Mask, ReferenceEquals(key, value) ? null : key.Mask })
            if (keys is not null)
                mask = Masks.And(layer, mask, layer.Builder.Unsqueezed(keys, 1));
        return Masks.And(layer, mask, Causal(layer, scores));
    }

    /// <summary>Each query sees the keys up to its own step, where the layer asks for that.</summary>
    private static Value? Causal(LayerContext layer, Value scores)
    {
        bool asked = layer.Settings.Flag("causal", false) || (layer.Arguments.Named.TryGetValue("use_causal_mask", out var flag) && flag.ValueKind == System.Text.Json.JsonValueKind.True);
        if (!asked)
            return null;
        var (queries, keys) = (scores.Shape[^2].Value, scores.Shape[^1].Value);
        var mask = Tensor.Zeros(DType.Bool, [1, queries, keys]);
        for (long q = 0; q < queries; q++)
            for (long k = 0; k <= Math.Min(q, keys - 1); k++)
                mask.SetInt64((q * keys) + k, 1);
        return layer.Builder.Constant(mask);
    }

    private static (Value Query, Value Value, Value Key) Inputs(LayerContext layer)
    {
        if (layer.Inputs.Count is not (2 or 3))
            layer.Fail($"it takes a query, a value and maybe a key, and is called with {layer.Inputs.Count}");
        var all = (layer.Real(0), layer.Real(1), layer.Inputs.Count > 2 ? layer.Real(2) : layer.Real(1));
        if (all.Item1.Type.Rank != 3 || all.Item2.Type.Rank != 3 || all.Item3.Type.Rank != 3)
            layer.Fail("its inputs should be batch, steps and features");
        return all;
    }

    /// <summary>Scores [batch, queries, keys] as sums over the features of a function of query + key.</summary>
    private static Value Sums(LayerContext layer, Value query, Value key, Func<Value, Value> bend) => layer.Add(
        new ReduceSum([3], KeepDims: false), bend(layer.Add(new Add(), layer.Builder.Unsqueezed(query, 2), layer.Builder.Unsqueezed(key, 1))));

    private static IReadOnlyList<KerasValue> Mixed(LayerContext layer, Value scores, Value value)
    {
        var mask = layer.Mask(1) is { } keys ? layer.Builder.Unsqueezed(keys, 1) : null;
        mask = Masks.And(layer, mask, Causal(layer, scores));
        var weights = layer.Add(new Softmax(2), mask is null ? scores : Masks.LeftOut(layer, scores, mask));
        var result = layer.Add(new MatMul(), weights, value);
        if (layer.Mask(0) is { } queries)
            result = layer.Add(new Mul(), result, Masks.Weights(layer, queries, result));
        bool scored = layer.Arguments.Named.TryGetValue("return_attention_scores", out var returns) && returns.ValueKind == System.Text.Json.JsonValueKind.True;
        return scored ? [new(result, layer.Mask(0)), new(weights)] : [new(result, layer.Mask(0))];
    }
}
