using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Importing;
using Lathe.Formats.Keras.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Operators;

/// <summary>Layers that shift and scale by statistics, known ones or those of the data.</summary>
internal static class Normalization
{
    public static IEnumerable<WeightSlot> ScaleAndOffset(LayerConfig layer)
    {
        if (layer.Settings.Flag("scale", true))
            yield return new("gamma");
        if (layer.Settings.Flag("center", true))
            yield return new("beta");
    }

    public static IEnumerable<WeightSlot> BatchWeights(LayerConfig layer) =>
        [.. ScaleAndOffset(layer), new("moving_mean", IsTrainable: false), new("moving_variance", IsTrainable: false)];

    public static Value Batch(LayerContext layer)
    {
        var x = layer.Real();
        if (layer.Settings.Int("mode", 0) == 1)
            throw layer.Unsupported("Keras 1's mode 1, which takes each sample's own statistics, is not supported");
        int axis = Axes(layer, x) is [var only] ? only : throw layer.Unsupported("statistics along several axes are not supported");
        Dim channels = x.Shape[axis];
        Value Vector(string role, double otherwise)
        {
            var vector = layer.TryWeight(role) ?? layer.Builder.Constant(Filled(x.Element, channels.Value, otherwise));
            return vector.Type.Rank == 1 ? vector : layer.Builder.Reshaped(vector, [vector.Shape.ElementCount]);
        }

        var (gamma, beta, mean, variance) = (Vector("gamma", 1), Vector("beta", 0), layer.Weight("moving_mean"), layer.Weight("moving_variance"));
        double epsilon = layer.Settings.Float("epsilon", 1e-3);
        int rank = x.Type.Rank;
        if (axis == rank - 1 || (axis == 1 && rank > 2))
            return layer.Add(new BatchNormalization(epsilon, axis == rank - 1 ? Layout.ChannelsLast : Layout.ChannelsFirst), x, gamma, beta, mean, variance);
        Value Along(Value vector) => layer.Builder.Reshaped(vector, [.. Enumerable.Range(0, rank).Select(a => a == axis ? vector.Shape[0] : (Dim)1)]);
        var factor = layer.Add(new Div(), gamma, layer.Add(new Sqrt(), layer.Add(new Add(), variance, layer.Builder.ScalarLike(epsilon, x))));
        return layer.Add(new Add(), layer.Add(new Mul(), layer.Add(new Sub(), x, Along(mean)), Along(factor)), Along(beta));
    }

    /// <summary>Each sample by its own statistics along axes; with rms_scaling by the variance alone and without an offset.</summary>
    public static Value Layer(LayerContext layer)
    {
        var x = layer.Real();
        int[] axes = Axes(layer, x);
        double epsilon = layer.Settings.Float("epsilon", 1e-3);
        if (layer.Settings.Flag("rms_scaling", false))
        {
            return Scaled(layer, layer.Add(new Div(), x, Deviation(layer, layer.Add(new Sub(), x, Mean(layer, x, axes)), axes, epsilon)), axes);
        }
        int first = x.Type.Rank - axes.Length;
        if (axes.SequenceEqual(Enumerable.Range(first, axes.Length)) && layer.TryWeight("gamma") is { } gamma)
        {
            return layer.TryWeight("beta") is { } beta
                ? layer.Add(new LayerNormalization(first, epsilon), x, gamma, beta)
                : layer.Add(new LayerNormalization(first, epsilon), x, gamma);
        }
        return Scaled(layer, Standard(layer, x, axes, epsilon), axes);
    }

    /// <summary>Groups of neighbouring channels by their own statistics; -1 is a group a channel.</summary>
    public static Value Group(LayerContext layer)
    {
        var x = layer.Real();
        int axis = Axes(layer, x) is [var only] ? only : throw layer.Settings.Wrong("axis", "one axis");
        long channels = x.Shape[axis].Value, groups = layer.Settings.Int("groups", 32);
        groups = groups == -1 ? channels : groups;
        if (axis == 0 || groups < 1 || channels % groups != 0)
            layer.Fail($"the channels of {x.Type} do not divide into {groups} groups");
        var split = layer.Builder.Reshaped(x, [.. x.Shape.Take(axis), groups, channels / groups, .. x.Shape.Skip(axis + 1)]);
        int[] axes = [.. Enumerable.Range(1, split.Type.Rank - 1).Where(a => a != axis)];
        return Scaled(layer, layer.Builder.Reshaped(Standard(layer, split, axes, layer.Settings.Float("epsilon", 1e-3)), x.Shape), [axis]);
    }

    /// <summary>x over the root of the mean of squares along the last axis, or the axes given.</summary>
    public static Value RootMeanSquare(LayerContext layer)
    {
        var x = layer.Real();
        int[] axes = Axes(layer, x);
        var square = layer.Add(new Add(), Mean(layer, layer.Builder.Squared(x), axes), layer.Builder.ScalarLike(layer.Settings.Float("epsilon", 1e-6), x));
        return layer.Add(new Mul(), layer.Add(new Mul(), x, layer.Builder.Rsqrt(square)), AlongAxes(layer, layer.Weight("scale"), x, axes));
    }

    public static IEnumerable<WeightSlot> ScaleWeights(LayerConfig layer) => [new("scale")];

    /// <summary>x over its length along axes; vectors shorter than the root of 1e-12 are taken as if they had that length.</summary>
    public static Value Unit(LayerContext layer)
    {
        var x = layer.Real();
        var square = layer.Add(new ReduceSum(Axes(layer, x), KeepDims: true), layer.Builder.Squared(x));
        return layer.Add(new Mul(), x, layer.Builder.Rsqrt(layer.Add(new Max(), square, layer.Builder.ScalarLike(1e-12, x))));
    }

    /// <summary>(x - mean) / max(sqrt(variance), 1e-7), with statistics that are weights or settings.</summary>
    public static Value ByStatistics(LayerContext layer)
    {
        var (x, settings) = (layer.Real(), layer.Settings);
        int[] kept = settings.TryInts("axis") is { } given ? [.. given.Select(a => x.Shape.Axis(a)).Order()] : settings.Json.TryGetProperty("axis", out _) ? [] : [x.Type.Rank - 1];
        var mean = Statistic("mean");
        var deviation = layer.Add(new Max(), layer.Add(new Sqrt(), Statistic("variance")), layer.Builder.ScalarLike(1e-7, x));
        return settings.Flag("invert", false)
            ? layer.Add(new Add(), mean, layer.Add(new Mul(), x, deviation))
            : layer.Add(new Div(), layer.Add(new Sub(), x, mean), deviation);

        Value Statistic(string role)
        {
            if (settings.TryFloats(role) is not { } numbers)
                return AlongAxes(layer, layer.Weight(role), x, kept);
            var constant = layer.Builder.Constant(Tensor.Vector<double>(numbers).Cast(x.Element));
            return numbers.Length == 1 ? layer.Builder.AsScalar(constant) : AlongAxes(layer, constant, x, kept);
        }
    }

    public static IEnumerable<WeightSlot> StatisticsWeights(LayerConfig layer) => layer.Settings.Has("mean")
        ? []
        : [new("mean", IsTrainable: false), new("variance", IsTrainable: false), new("count", IsTrainable: false)];

    private static int[] Axes(LayerContext layer, Value x) => [.. (layer.Settings.TryInts("axis") ?? [-1]).Select(a => x.Shape.Axis(a)).Distinct().Order()];

    private static Value Mean(LayerContext layer, Value x, int[] axes) => layer.Add(new ReduceMean(axes, KeepDims: true), x);

    private static Value Standard(LayerContext layer, Value x, int[] axes, double epsilon)
    {
        var centred = layer.Add(new Sub(), x, Mean(layer, x, axes));
        return layer.Add(new Div(), centred, Deviation(layer, centred, axes, epsilon));
    }

    private static Value Deviation(LayerContext layer, Value centred, int[] axes, double epsilon) =>
        layer.Add(new Sqrt(), layer.Add(new Add(), Mean(layer, layer.Builder.Squared(centred), axes), layer.Builder.ScalarLike(epsilon, centred)));

    private static Value Scaled(LayerContext layer, Value x, int[] axes)
    {
        if (layer.TryWeight("gamma") is { } gamma)
            x = layer.Add(new Mul(), x, AlongAxes(layer, gamma, x, axes));
        return layer.TryWeight("beta") is { } beta ? layer.Add(new Add(), x, AlongAxes(layer, beta, x, axes)) : x;
    }

    /// <summary>A weight whose axes are these of the value, shaped to broadcast against it.</summary>
    private static Value AlongAxes(LayerContext layer, Value weight, Value x, int[] axes)
    {
        Dim[] shape = [.. Enumerable.Range(0, x.Type.Rank).Select(a => axes.Contains(a) ? x.Shape[a] : (Dim)1)];
        if (weight.Shape.ElementCount != Shape.Create(shape).ElementCount)
            layer.Fail($"the weight {weight.Type} does not suit the axes {Misfit.List(axes.Select(a => (long)a))} of {x.Type}");
        return layer.Builder.Reshaped(weight, Shape.Create(shape));
    }

    private static Tensor Filled(DType type, long count, double value)
    {
        var tensor = Tensor.Zeros(type, [count]);
        for (long i = 0; i < count; i++)
            tensor.SetDouble(i, value);
        return tensor;
    }
}
