using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Ops whose values follow from attributes, types and shapes alone.</summary>
internal static class Constants
{
    /// <summary>The most elements of a tensor that a model describes instead of holding.</summary>
    private const long MaxElements = 1 << 22;

    public static Value Constant(NodeContext node)
    {
        var attributes = node.Attributes;
        Tensor tensor;
        if (node.TensorAttribute("value") is { } value)
            tensor = value;
        else if (attributes.Has("value_float"))
            tensor = Tensor.Scalar((float)attributes.Float("value_float", 0));
        else if (attributes.Has("value_int"))
            tensor = Tensor.Scalar(attributes.Int("value_int", 0));
        else if (attributes.Floats("value_floats") is { } floats)
            tensor = Tensor.Vector([.. floats.Select(f => (float)f)]);
        else if (attributes.Ints("value_ints") is { } ints)
            tensor = Tensor.Vector(ints);
        else
            throw node.Unsupported("constants of strings and sparse constants are not supported");
        return node.Builder.Constant(tensor);
    }

    public static Value ConstantOfShape(NodeContext node)
    {
        var shape = TargetShape.Given(node.Ints(0, "shape"));
        var value = node.TensorAttribute("value") ?? Tensor.Scalar(0f);
        if (value.Count != 1)
            node.Fail($"its value is {value} and should have one element");
        return node.Add(new Expand(shape), node.Builder.Constant(value.Reshape(Shape.Scalar)));
    }

    public static Value ShapeOf(NodeContext node)
    {
        var shape = node.In(0).Shape;
        long start = Bound(node.Attributes.Int("start", 0), shape.Rank);
        long end = Bound(node.Attributes.Int("end", shape.Rank), shape.Rank);
        var dims = shape.Take((int)end).Skip((int)start).ToArray();
        if (dims.FirstOrDefault(d => !d.IsKnown) is { IsKnown: false } open)
            throw node.Unsupported($"the extent '{open}' is not known; give the model's input shapes");
        return node.Vector([.. dims.Select(d => d.Value)]);
    }

    public static Value Size(NodeContext node) => node.Builder.Constant(Tensor.Scalar(node.KnownShape(node.In(0)).ElementCount));

    public static Value Range(NodeContext node)
    {
        var (start, limit, delta) = (node.Constant(0, "start"), node.Constant(1, "limit"), node.Constant(2, "delta"));
        if (start.Count != 1 || limit.Count != 1 || delta.Count != 1 || delta.GetDouble(0) == 0)
            node.Fail("its start, limit and delta should be one number each, and delta not 0");
        double elements = start.Type.IsFloat
            ? Math.Ceiling((limit.GetDouble(0) - start.GetDouble(0)) / delta.GetDouble(0))
            : Math.Ceiling((double)((Int128)limit.GetInt64(0) - start.GetInt64(0)) / delta.GetInt64(0));
        if (!(elements <= MaxElements))
            throw node.Unsupported($"a range of {elements} elements is not supported");
        var range = Tensor.Zeros(start.Type, [(long)Math.Max(0, elements)]);
        for (long i = 0; i < range.Count; i++)
        {
            if (start.Type.IsFloat)
                range.SetDouble(i, start.GetDouble(0) + (i * delta.GetDouble(0)));
            else
                range.SetInt64(i, unchecked(start.GetInt64(0) + (i * delta.GetInt64(0))));
        }
        return node.Builder.Constant(range);
    }

    public static Value EyeLike(NodeContext node)
    {
        var x = node.In(0);
        if (x.Type.Rank != 2)
            node.Fail($"its operand is {x.Type} and should be a matrix");
        var shape = node.KnownShape(x);
        var type = node.Attributes.Has("dtype") ? Reading.OnnxTypes.Element(node.Attributes.Int("dtype", 0)) : x.Element;
        if (shape.ElementCount > MaxElements)
            throw node.Unsupported($"a unit matrix {shape} is not supported");
        var eye = Tensor.Zeros(type, shape);
        long k = node.Attributes.Int("k", 0);
        for (long row = 0; row < shape[0].Value; row++)
            if (row + k >= 0 && row + k < shape[1].Value)
                eye.SetDouble((row * shape[1].Value) + row + k, 1);
        return node.Builder.Constant(eye);
    }

    /// <summary>The number of non-zero elements is the result's shape, so the operand itself must be constant.</summary>
    public static Value NonZero(NodeContext node)
    {
        var x = node.TryConstant(0) ?? throw node.Unsupported("its result's shape depends on data that only a run gives");
        var strides = x.Shape.Strides();
        long[] found = [.. Enumerable.Range(0, (int)x.Count).Where(i => x.GetDouble(i) != 0).Select(i => (long)i)];
        var indices = Tensor.Zeros(DType.Int64, [x.Shape.Rank, found.Length]);
        for (int axis = 0; axis < x.Shape.Rank; axis++)
            for (int i = 0; i < found.Length; i++)
                indices.SetInt64((axis * found.Length) + i, found[i] / strides[axis] % x.Shape[axis].Value);
        return node.Builder.Constant(indices);
    }

    public static Value HannWindow(NodeContext node) => Cosines(node, 0.5, 0.5, 0);

    /// <summary>The standard's coefficients: 25/46 and 21/46.</summary>
    public static Value HammingWindow(NodeContext node) => Cosines(node, 25.0 / 46, 21.0 / 46, 0);

    public static Value BlackmanWindow(NodeContext node) => Cosines(node, 0.42, 0.5, 0.08);

    /// <summary>Triangular filters between neighbouring bands of the mel scale, 2595 log10(1 + f / 700): [spectrum bins, bands].</summary>
    public static Value MelWeightMatrix(NodeContext node)
    {
        long bands = node.ScalarInt(0, "number of bands"), length = node.ScalarInt(1, "transform's length"), rate = node.ScalarInt(2, "sample rate");
        double low = node.Scalar(3, "lower edge"), high = node.Scalar(4, "upper edge");
        if (bands < 1 || length < 1 || rate < 1 || !(low >= 0 && high >= low) || bands > MaxElements || length > MaxElements || bands * length > MaxElements)
            node.Fail($"{bands} bands from {low} to {high} of a transform of {length} at {rate} are not possible");
        double Mel(double f) => 2595 * Math.Log10(1 + (f / 700));
        double step = (Mel(high) - Mel(low)) / (bands + 2);
        long[] edges = [.. Enumerable.Range(0, (int)bands + 2).Select(i =>
            (long)Math.Floor((length + 1) * (700 * (Math.Pow(10, (Mel(low) + (i * step)) / 2595) - 1)) / rate))];
        var weights = Tensor.Zeros(Reading.OnnxTypes.Element(node.Attributes.Int("output_datatype", 1)), [(length / 2) + 1, bands]);
        void Set(long bin, int band, double weight)
        {
            if (bin <= length / 2)
                weights.SetDouble((bin * bands) + band, weight);
        }
        for (int band = 0; band < bands; band++)
        {
            var (from, peak, to) = (edges[band], edges[band + 1], edges[band + 2]);
            if (from == peak)
                Set(peak, band, 1);
            for (long bin = from; from < peak && bin <= peak; bin++)
                Set(bin, band, (double)(bin - from) / (peak - from));
            for (long bin = peak; peak < to && bin < to; bin++)
                Set(bin, band, (double)(to - bin) / (to - peak));
        }
        return node.Builder.Constant(weights);
    }

    private static Value Cosines(NodeContext node, double a, double b, double c)
    {
        long size = node.ScalarInt(0, "size");
        if (size is < 0 or > MaxElements)
            node.Fail($"a window of {size} elements is not possible");
        var window = Tensor.Zeros(Reading.OnnxTypes.Element(node.Attributes.Int("output_datatype", 1)), [size]);
        long period = node.Attributes.Flag("periodic", true) ? size : size - 1;
        for (long i = 0; i < size; i++)
        {
            double turn = 2 * Math.PI * i / period;
            window.SetDouble(i, a - (b * Math.Cos(turn)) + (c * Math.Cos(2 * turn)));
        }
        return node.Builder.Constant(window);
    }

    private static long Bound(long axis, int rank) => Math.Clamp(axis < 0 ? axis + rank : axis, 0, rank);
}
