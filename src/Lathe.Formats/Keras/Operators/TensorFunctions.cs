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
        ["concat"] = TensorMovement.Concatenated,
        ["concat_v2"] = TensorMovement.Concatenated,
        ["concatenate"] = TensorMovement.Concatenated,
        ["convert_to_tensor"] = f => f.X,
        ["cos"] = Unary<Cos>,
        ["depth_to_space"] = f => f.Builder.DepthToSpace(f.X, f.Int(1, "block_size", 2)),
        ["div"] = Binary<Div>,
        ["divide"] = Quotient,
        ["einsum"] = f => f.Add(new Einsum(f.Text(0, "equation", f.Text(0, "subscripts", "")).Replace(" ", "", StringComparison.Ordinal)), [.. f.Layer.Inputs.Select(i => i.Value)]),
        ["elu"] = f => f.Add(new Elu(f.Number(1, "alpha", 1)), Real(f)),
        ["equal"] = Binary<Equal>,
        ["erf"] = Unary<Erf>,
        ["exp"] = Unary<Exp>,
        ["expand_dims"] = f => f.Builder.Unsqueezed(f.X, f.Int(1, "axis", 0)),
        ["expm1"] = f => f.Add(new Sub(), f.Add(new Exp(), Real(f)), f.Builder.ScalarLike(1, Real(f))),
        ["flip"] = f => f.Builder.Reversed(f.X, f.Axes(f.X).ToHashSet()),
        ["floor"] = Unary<Floor>,
        ["floor_div"] = Paired((f, a, b) => f.Builder.FloorDiv(a, b)),
        ["floor_divide"] = Paired((f, a, b) => f.Builder.FloorDiv(a, b)),
        ["floordiv"] = Paired((f, a, b) => f.Builder.FloorDiv(a, b)),
        ["floor_mod"] = Paired((f, a, b) => f.Add(new Mod(Fmod: false), a, b)),
        ["floormod"] = Paired((f, a, b) => f.Add(new Mod(Fmod: false), a, b)),
        ["gather"] = TensorMovement.Gathered,
        ["gather_v2"] = TensorMovement.Gathered,
        ["gelu"] = f => f.Add(new Gelu(f.Flag(1, "approximate")), Real(f)),
        ["get_item"] = TensorMovement.GetItem,
        ["getitem"] = TensorMovement.GetItem,
        ["greater"] = Binary<Greater>,
        ["greater_equal"] = Binary<GreaterEqual>,
        ["hard_sigmoid"] = f => f.Add(ActivationFunctions.HardSigmoidOf(f.Layer), Real(f)),
        ["hard_silu"] = Unary<HardSwish>,
        ["hard_swish"] = Unary<HardSwish>,
        ["identity"] = f => f.X,
        ["l2_normalize"] = Normalized,
        ["leaky_relu"] = f => f.Add(new LeakyRelu(f.Number(1, "alpha", f.Number(1, "negative_slope", 0.2))), Real(f)),
        ["less"] = Binary<Less>,
        ["less_equal"] = Binary<LessEqual>,
        ["log"] = Unary<Log>,
        ["log1p"] = f => f.Add(new Log(), f.Add(new Add(), Real(f), f.Builder.ScalarLike(1, Real(f)))),
        ["log_softmax"] = f => f.Add(new LogSoftmax(f.X.Shape.Axis(f.Int(1, "axis", -1))), Real(f)),
        ["logical_and"] = Paired((f, a, b) => f.Add(new And(), a, b)),
        ["logical_not"] = f => f.Add(new Not(), f.X),
        ["logical_or"] = Paired((f, a, b) => f.Add(new Or(), a, b)),
        ["mat_mul"] = Product,
        ["matmul"] = Product,
        ["max"] = Reduced((axes, keep) => new ReduceMax(axes, keep)),
        ["maximum"] = Binary<Max>,
        ["mean"] = Reduced((axes, keep) => new ReduceMean(axes, keep)),
        ["min"] = Reduced((axes, keep) => new ReduceMin(axes, keep)),
        ["minimum"] = Binary<Min>,
        ["mod"] = Paired((f, a, b) => f.Add(new Mod(Fmod: false), a, b)),
        ["mul"] = Binary<Mul>,
        ["multiply"] = Binary<Mul>,
        ["neg"] = Unary<Neg>,
        ["negative"] = Unary<Neg>,
        ["not_equal"] = Binary<NotEqual>,
        ["one_hot"] = OneHotOf,
        ["ones_like"] = f => f.Builder.Filled(f.X.Shape, 1, f.X.Element),
        ["pack"] = f => f.Builder.Packed(f.List(), f.Int(9, "axis", 0)),
        ["pad"] = TensorMovement.Padded,
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
        ["reshape"] = TensorMovement.Reshaped,
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
        ["squared_difference"] = Paired((f, a, b) => f.Builder.Squared(f.Add(new Sub(), a, b))),
        ["squeeze"] = f => f.Builder.Squeezed(f.X, f.TryInts(1, "axis") ?? f.TryInts(1, "squeeze_dims") ?? []),
        ["stack"] = f => f.Builder.Packed(f.List(), f.Int(1, "axis", 0)),
        ["stop_gradient"] = f => f.X,
        ["sub"] = Binary<Sub>,
        ["subtract"] = Binary<Sub>,
        ["sum"] = Reduced((axes, keep) => new ReduceSum(axes, keep)),
        ["swish"] = f => f.Add(new Swish(), Real(f)),
        ["take"] = TensorMovement.Gathered,
        ["tanh"] = Unary<Tanh>,
        ["tile"] = f => f.Add(new Tile(f.TryInts(1, f.Has(1, "multiples") ? "multiples" : "repeats") ?? throw f.Wrong("multiples", "a list")), f.X),
        ["transpose"] = TensorMovement.Transposed,
        ["true_divide"] = Quotient,
        ["truediv"] = Quotient,
        ["where"] = Chosen,
        ["zeros_like"] = f => f.Builder.Filled(f.X.Shape, 0, f.X.Element),
    };

    /// <summary>The functions by name.</summary>
    public static IEnumerable<string> Names => Table.Keys;

    public static IReadOnlyList<KerasValue> Run(LayerContext layer)
    {
        string name = NameOf(layer.Layer) ?? throw layer.Settings.Wrong("function", "the name of a function");
        var call = new FunctionCall(layer);
        if (name is "split" or "unstack")
            return [.. TensorMovement.Parts(call, name).Select(v => new KerasValue(v))];
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

    private static Func<FunctionCall, Value> Paired(Func<FunctionCall, Value, Value, Value> make) => f =>
    {
        var (a, b) = f.Pair();
        return make(f, a, b);
    };

    private static Value Chosen(FunctionCall f)
    {
        var a = f.At(1, "x");
        return f.Add(new Where(), f.At(0, "condition"), a, f.At(2, "y", a));
    }

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
}
