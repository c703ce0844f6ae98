using System.Text.Json;
using System.Text.RegularExpressions;
using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Importing;
using Lathe.Formats.Keras.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Operators;

/// <summary>
/// TensorFlow's and Keras's functions that models call between layers. Keras 2 writes them as TFOpLambda with a function's name, before as TensorFlowOpLayer
/// with a node; Keras 3 as a class of its own for each.
/// </summary>
internal static partial class TensorFunctions
{
    private static readonly Dictionary<string, Func<FunctionCall, Value>> Table = new()
    {
        ["abs"] = Unary<Abs>,
        ["absolute"] = Unary<Abs>,
        ["add"] = Binary<Add>,
        ["add_v2"] = Binary<Add>,
        ["amax"] = Reduced((axes, keep) => new ReduceMax(axes, keep)),
        ["amin"] = Reduced((axes, keep) => new ReduceMin(axes, keep)),
        ["argmax"] = f => Index(f, axis => new ArgMax(axis, KeepDims: false)),
        ["argmin"] = f => Index(f, axis => new ArgMin(axis, KeepDims: false)),
        ["bias_add"] = Binary<Add>,
        ["broadcast_to"] = f => f.Add(new Expand(GraphBuilder.TargetShape(f.TryInts(1, "shape") ?? [])), f.X),
        ["cast"] = f => f.Add(new Cast(f.Element("dtype", DType.Float32)), f.X),
        ["ceil"] = Unary<Ceil>,
        ["clip"] = Clipped,
        ["clip_by_value"] = Clipped,
        ["concat"] = Concatenated,
        ["concat_v2"] = Concatenated,
        ["concatenate"] = Concatenated,
        ["convert_to_tensor"] = f => f.X,
        ["cos"] = Unary<Cos>,
        ["depth_to_space"] = f => f.Builder.DepthToSpace(f.X, f.Int(1, "block_size", 2)),
        ["div"] = Binary<Div>,
        ["divide"] = Quotient,
        ["einsum"] = f => f.Add(new Einsum(f.Text(0, "equation", f.Text(0, "subscripts", "")).Replace(" ", "", StringComparison.Ordinal)), [.. f.Layer.Inputs.Select(i => i.Value)]),
        ["elu"] = f => f.Add(new Elu(f.Number(1, "alpha", 1)), Real(f)),
        ["equal"] = Compared<Equal>,
        ["erf"] = Unary<Erf>,
        ["exp"] = Unary<Exp>,
        ["expand_dims"] = f => f.Builder.Unsqueezed(f.X, f.Int(1, "axis", 0)),
        ["expm1"] = f => f.Add(new Sub(), f.Add(new Exp(), Real(f)), f.Builder.ScalarLike(1, Real(f))),
        ["flip"] = f => f.Builder.Reversed(f.X, f.Axes(f.X).ToHashSet()),
        ["floor"] = Unary<Floor>,
        ["floor_div"] = f => f.Pair() is var (a, b) ? f.Builder.FloorDiv(a, b) : f.X,
        ["floor_divide"] = f => f.Pair() is var (a, b) ? f.Builder.FloorDiv(a, b) : f.X,
        ["floordiv"] = f => f.Pair() is var (a, b) ? f.Builder.FloorDiv(a, b) : f.X,
        ["floormod"] = f => f.Pair() is var (a, b) ? f.Add(new Mod(Fmod: false), a, b) : f.X,
        ["gather"] = Gathered,
        ["gather_v2"] = Gathered,
        ["gelu"] = f => f.Add(new Gelu(f.Flag(1, "approximate")), Real(f)),
        ["get_item"] = GetItem,
        ["getitem"] = GetItem,
        ["greater"] = Compared<Greater>,
        ["greater_equal"] = Compared<GreaterEqual>,
        ["hard_sigmoid"] = f => f.Add(new HardSigmoid(1.0 / 6, 0.5), Real(f)),
        ["hard_silu"] = Unary<HardSwish>,
        ["hard_swish"] = Unary<HardSwish>,
        ["identity"] = f => f.X,
        ["l2_normalize"] = Normalized,
        ["leaky_relu"] = f => f.Add(new LeakyRelu(f.Number(1, "alpha", f.Number(1, "negative_slope", 0.2))), Real(f)),
        ["less"] = Compared<Less>,
        ["less_equal"] = Compared<LessEqual>,
        ["log"] = Unary<Log>,
        ["log1p"] = f => f.Add(new Log(), f.Add(new Add(), Real(f), f.Builder.ScalarLike(1, Real(f)))),
        ["log_softmax"] = f => f.Add(new LogSoftmax(f.X.Shape.Axis(f.Int(1, "axis", -1))), Real(f)),
        ["logical_and"] = f => f.Pair() is var (a, b) ? f.Add(new And(), a, b) : f.X,
        ["logical_not"] = f => f.Add(new Not(), f.X),
        ["logical_or"] = f => f.Pair() is var (a, b) ? f.Add(new Or(), a, b) : f.X,
        ["mat_mul"] = Product,
        ["matmul"] = Product,
        ["max"] = Reduced((axes, keep) => new ReduceMax(axes, keep)),
        ["maximum"] = Binary<Max>,
        ["mean"] = Reduced((axes, keep) => new ReduceMean(axes, keep)),
        ["min"] = Reduced((axes, keep) => new ReduceMin(axes, keep)),
        ["minimum"] = Binary<Min>,
        ["mod"] = f => f.Pair() is var (a, b) ? f.Add(new Mod(Fmod: false), a, b) : f.X,
        ["mul"] = Binary<Mul>,
        ["multiply"] = Binary<Mul>,
        ["neg"] = Unary<Neg>,
        ["negative"] = Unary<Neg>,
        ["not_equal"] = Compared<NotEqual>,
        ["one_hot"] = OneHotOf,
        ["ones_like"] = f => f.Builder.Filled(f.X.Shape, 1, f.X.Element),
        ["pad"] = Padded,
        ["pow"] = Binary<Pow>,
        ["power"] = Binary<Pow>,
        ["prod"] = Reduced((axes, keep) => new ReduceProd(axes, keep)),
        ["real_div"] = Quotient,
        ["reciprocal"] = Unary<Reciprocal>,
        ["reduce_max"] = Reduced((axes, keep) => new ReduceMax(axes, keep)),
        ["reduce_mean"] = Reduced((axes, keep) => new ReduceMean(axes, keep)),
        ["reduce_min"] = Reduced((axes, keep) => new ReduceMin(axes, keep)),
        ["reduce_prod"] = Reduced((axes, keep) => new ReduceProd(axes, keep)),
        ["reduce_sum"] = Reduced((axes, keep) => new ReduceSum(axes, keep)),
        ["relu"] = Unary<Relu>,
        ["relu6"] = f => f.Add(new Clip(0, 6), Real(f)),
        ["reshape"] = Reshaped,
        ["resize"] = f => Preprocessing.Resized(f.Layer, Real(f), f.TryInts(1, "size") ?? throw f.Wrong("size", "two extents"), f.Text(2, f.Has(2, "method") ? "method" : "interpolation", "bilinear")),
        ["reverse"] = f => f.Builder.Reversed(f.X, f.Axes(f.X).ToHashSet()),
        ["round"] = Unary<Round>,
        ["rsqrt"] = f => f.Builder.Rsqrt(Real(f)),
        ["selu"] = f => ActivationFunctions.Apply(f.Layer, Real(f), new ActivationFunctions.Chosen("selu", Settings.Empty)),
        ["shape"] = f => f.Builder.Vector(f.X.Shape.ToArray()),
        ["sigmoid"] = Unary<Sigmoid>,
        ["sign"] = Unary<Sign>,
        ["silu"] = f => f.Add(new Swish(), Real(f)),
        ["sin"] = Unary<Sin>,
        ["slice"] = f => f.Builder.Sliced(f.X, f.TryInts(1, "begin") ?? throw f.Wrong("begin", "a list"), f.TryInts(2, "size") ?? throw f.Wrong("size", "a list")),
        ["softmax"] = f => f.Add(new Softmax(f.X.Shape.Axis(f.Int(1, "axis", -1))), Real(f)),
        ["softplus"] = Unary<Softplus>,
        ["softsign"] = Unary<Softsign>,
        ["space_to_depth"] = f => f.Builder.SpaceToDepth(f.X, f.Int(1, "block_size", 2)),
        ["sqrt"] = Unary<Sqrt>,
        ["square"] = f => f.Builder.Squared(f.X),
        ["squared_difference"] = f => f.Pair() is var (a, b) ? f.Builder.Squared(f.Add(new Sub(), a, b)) : f.X,
        ["squeeze"] = f => f.Builder.Squeezed(f.X, f.TryInts(1, "axis") ?? f.TryInts(1, "squeeze_dims") ?? []),
        ["stack"] = f => f.Builder.Packed(f.List(), f.Int(1, "axis", 0)),
        ["stop_gradient"] = f => f.X,
        ["sub"] = Binary<Sub>,
        ["subtract"] = Binary<Sub>,
        ["sum"] = Reduced((axes, keep) => new ReduceSum(axes, keep)),
        ["swish"] = f => f.Add(new Swish(), Real(f)),
        ["take"] = Gathered,
        ["tanh"] = Unary<Tanh>,
        ["tile"] = f => f.Add(new Tile(f.TryInts(1, f.Has(1, "multiples") ? "multiples" : "repeats") ?? throw f.Wrong("multiples", "a list")), f.X),
        ["transpose"] = Transposed,
        ["true_divide"] = Quotient,
        ["truediv"] = Quotient,
        ["where"] = f => f.At(1, "x") is var a ? f.Add(new Where(), f.At(0, "condition"), a, f.At(2, "y", a)) : f.X,
        ["zeros_like"] = f => f.Builder.Filled(f.X.Shape, 0, f.X.Element),
    };

    /// <summary>The functions by name.</summary>
    public static IEnumerable<string> Names => Table.Keys;

    public static IReadOnlyList<KerasValue> Run(LayerContext layer)
    {
        string name = NameOf(layer.Layer) ?? throw layer.Settings.Wrong("function", "the name of a function");
        var call = new FunctionCall(layer);
        if (name is "split" or "unstack")
            return [.. Parts(call, name).Select(v => new KerasValue(v))];
        if (!Table.TryGetValue(name, out var function))
            throw layer.Unsupported($"the function '{name}' is not supported");
        return [new(function(call))];
    }

    /// <summary>The function's name in lower case without its package, or null where the layer has none.</summary>
    private static string? NameOf(LayerConfig layer)
    {
        string name = layer.ClassName switch
        {
            "TFOpLambda" or "SlicingOpLambda" => layer.Settings.Text("function", ""),
            "TensorFlowOpLayer" => layer.Settings.Find("node_def") is { ValueKind: JsonValueKind.Object } node ? new Settings(node).Text("op", "") : "",
            var className => className,
        };
        string last = name[(name.LastIndexOf('.') + 1)..];
        return last.Length == 0 ? null : last.Any(char.IsAsciiLetterLower) && last.Any(char.IsAsciiLetterUpper) ? Words().Replace(last, "_$1").ToLowerInvariant() : last.ToLowerInvariant();
    }

    [GeneratedRegex("(?<=[a-z0-9])([A-Z])")]
    private static partial Regex Words();

    private static Value Real(FunctionCall f) => f.X is var x && x.Element.IsFloat ? x : f.Add(new Cast(DType.Float32), f.X);

    private static Value Unary<T>(FunctionCall f) where T : Op, new()
    {
        var x = f.X;
        return f.Add(new T(), x.Element.IsFloat || typeof(T) == typeof(Abs) || typeof(T) == typeof(Neg) || typeof(T) == typeof(Relu) || typeof(T) == typeof(Sign) ? x : Real(f));
    }

    private static Value Binary<T>(FunctionCall f) where T : Op, new()
    {
        var (a, b) = f.Pair();
        return f.Add(new T(), a, b);
    }

    private static Value Compared<T>(FunctionCall f) where T : Op, new() => Binary<T>(f);

    /// <summary>The quotient of integers is a float.</summary>
    private static Value Quotient(FunctionCall f)
    {
        var (a, b) = f.Pair();
        return a.Element.IsFloat ? f.Add(new Div(), a, b) : f.Add(new Div(), f.Add(new Cast(DType.Float32), a), f.Add(new Cast(DType.Float32), b));
    }

    private static Func<FunctionCall, Value> Reduced(Func<EquatableArray<int>, bool, Op> make) => f =>
    {
        var x = f.X;
        string name = f.IsNode ? "reduction_indices" : "axis";
        return f.Add(make(f.Axes(x, name), f.Flag(2, "keepdims", f.Flag(2, "keep_dims"))), x);
    };

    private static Value Index(FunctionCall f, Func<int, Op> make)
    {
        var x = f.X;
        return f.Add(new Cast(f.Element("output_type", DType.Int64)), f.Add(make(x.Shape.Axis(f.Int(1, "axis", 0))), x));
    }

    private static Value Clipped(FunctionCall f)
    {
        var x = f.X;
        bool keras = f.Has(1, "x_min") || f.Has(2, "x_max");
        return f.Add(new Clip(f.Number(1, keras ? "x_min" : "clip_value_min", double.NegativeInfinity), f.Number(2, keras ? "x_max" : "clip_value_max", double.PositiveInfinity)), x);
    }

    private static Value Concatenated(FunctionCall f)
    {
        Value[] parts = f.List();
        if (parts.Length == 0)
            throw f.Wrong("values", "tensors");
        int axis = parts[0].Shape.Axis(f.IsNode ? f.Int(parts.Length, "axis", -1) : f.Int(1, "axis", 0));
        return parts.Length == 1 ? parts[0] : f.Add(new Concat(axis), parts);
    }

    private static Value Gathered(FunctionCall f)
    {
        var (x, indices) = (f.At(0, f.Has(0, "params") ? "params" : "x"), f.At(1, "indices"));
        indices = indices.Element.IsInteger ? indices : f.Add(new Cast(DType.Int64), indices);
        return f.Builder.Gathered(x, indices, x.Shape.Axis(f.Int(f.IsNode ? 2 : 3, "axis", 0)), (int)f.Int(9, "batch_dims", 0));
    }

    private static Value OneHotOf(FunctionCall f)
    {
        var x = f.At(0, f.Has(0, "indices") ? "indices" : "x");
        long depth = f.Int(1, f.Has(1, "depth") ? "depth" : "num_classes", 0);
        var type = f.Text(9, "dtype", "float32");
        var values = f.Builder.Constant(Tensor.Vector<double>(f.Number(3, "off_value", 0), f.Number(2, "on_value", 1)).Cast(ElementTypes.Read(type)));
        long axis = f.Int(4, "axis", -1);
        return f.Add(new OneHot(depth, (int)(axis < 0 ? axis + x.Type.Rank + 1 : axis)), x, values);
    }

    private static Value Normalized(FunctionCall f)
    {
        var x = Real(f);
        var square = f.Add(new ReduceSum(f.Axes(x), KeepDims: true), f.Builder.Squared(x));
        return f.Add(new Mul(), x, f.Builder.Rsqrt(f.Add(new Max(), square, f.Builder.ScalarLike(f.Number(2, "epsilon", 1e-12), x))));
    }

    private static Value Product(FunctionCall f)
    {
        var (a, b) = (f.At(0, f.Has(0, "a") ? "a" : "x1"), f.At(1, f.Has(1, "b") ? "b" : "x2"));
        return f.Add(new MatMul(f.Flag(2, "transpose_a"), f.Flag(3, "transpose_b")), a, b);
    }

    private static Value Padded(FunctionCall f)
    {
        var x = f.X;
        long[] paddings = f.TryInts(1, f.Has(1, "paddings") ? "paddings" : "pad_width") ?? throw f.Wrong("paddings", "pairs of numbers");
        return f.Text(2, "mode", "constant").ToLowerInvariant() switch
        {
            "constant" => f.Builder.Padded(x, paddings, f.Number(3, "constant_values", 0)),
            "reflect" => f.Builder.Mirrored(x, paddings, symmetric: false),
            "symmetric" => f.Builder.Mirrored(x, paddings, symmetric: true),
            var mode => throw f.Layer.Unsupported($"padding of mode '{mode}' is not supported"),
        };
    }

    /// <summary>A batch that the model says nothing of stays what it is.</summary>
    private static Value Reshaped(FunctionCall f)
    {
        long[] shape = f.TryInts(1, f.Has(1, "shape") ? "shape" : "newshape") ?? throw f.Wrong("shape", "a shape");
        return f.Builder.ReshapedTo(f.X, shape);
    }

    private static Value Transposed(FunctionCall f)
    {
        var x = f.X;
        long[]? order = f.TryInts(1, f.Has(1, "perm") ? "perm" : "axes");
        return f.Builder.Permuted(x, order is null ? [.. Enumerable.Range(0, x.Type.Rank).Reverse()] : [.. order.Select(a => x.Shape.Axis(a))]);
    }

    private static Value[] Parts(FunctionCall f, string name)
    {
        var x = f.At(0, f.Has(0, "value") ? "value" : "x");
        int axis = x.Shape.Axis(f.Int(2, "axis", 0));
        if (name == "unstack")
            return f.Builder.Unpacked(x, axis);
        long[] sizes = f.TryInts(1, f.Has(1, "num_or_size_splits") ? "num_or_size_splits" : "indices_or_sections") ?? throw f.Wrong("num_or_size_splits", "a number or sizes");
        if (sizes is not [var count])
            return f.Builder.Parted(x, axis, sizes);
        if (count is < 1 or > 1 << 16 || x.Shape[axis].Value % count != 0)
            throw f.Wrong("num_or_size_splits", $"a divisor of {x.Shape[axis]}");
        return f.Builder.Parted(x, axis, [.. Enumerable.Repeat(x.Shape[axis].Value / count, (int)count)]);
    }

    /// <summary>x[...] of Python: numbers, slices, new axes (None) and an ellipsis.</summary>
    private static Value GetItem(FunctionCall f)
    {
        var x = f.At(0, "x");
        var spec = f.Json(1, "slice_spec") ?? f.Json(1, "key") ?? throw f.Wrong("slice_spec", "a list of slices");
        JsonElement[] parts = spec.ValueKind == JsonValueKind.Array ? [.. spec.EnumerateArray()] : [spec];
        if (parts.Length > 30)
            throw f.Wrong("slice_spec", "at most 30 slices");
        var (begin, end, strides) = (new long[parts.Length], new long[parts.Length], new long[parts.Length]);
        Array.Fill(strides, 1);
        int beginMask = 0, endMask = 0, ellipsis = 0, added = 0, shrunk = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            int bit = 1 << i;
            var part = Unwrapped(parts[i]);
            switch (part.ValueKind)
            {
                case JsonValueKind.Number when part.TryGetInt64(out long at):
                    (begin[i], end[i], shrunk) = (at, at + 1, shrunk | bit);
                    break;
                case JsonValueKind.Null:
                    added |= bit;
                    break;
                case JsonValueKind.String:
                    ellipsis |= bit;
                    break;
                case JsonValueKind.Object:
                    var slice = new Settings(part);
                    (begin[i], end[i], strides[i]) = (slice.Int("start", 0), slice.Int("stop", 0), slice.Int("step", 1));
                    beginMask |= slice.Has("start") ? 0 : bit;
                    endMask |= slice.Has("stop") ? 0 : bit;
                    break;
                default:
                    throw f.Layer.Unsupported("indexing by tensors is not supported");
            }
        }
        return f.Builder.StridedSlice(x, new(begin, end, strides, beginMask, endMask, ellipsis, added, shrunk));

        // {"class_name": "slice", ...} of Keras 3 holds the bounds in its configuration; {"class_name": "__ellipsis__"} is an ellipsis.
        static JsonElement Unwrapped(JsonElement json)
        {
            if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("class_name", out var name) || name.ValueKind != JsonValueKind.String)
                return json;
            if (name.GetString() is "__ellipsis__" or "ellipsis" or "Ellipsis")
                return name;
            if (!json.TryGetProperty("config", out var config))
                return json;
            return config.ValueKind == JsonValueKind.Array && config.GetArrayLength() == 3
                ? JsonSerializer.SerializeToElement(new Dictionary<string, JsonElement> { ["start"] = config[0], ["stop"] = config[1], ["step"] = config[2] })
                : config;
        }
    }
}
