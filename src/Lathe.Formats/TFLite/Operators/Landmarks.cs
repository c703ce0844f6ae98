using Lathe.Formats.Importing;
using Lathe.Formats.TFLite.Importing;
using Lathe.Formats.TFLite.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>
/// MediaPipe's operators, in their second version, for nets that look again at parts of what they have found: a matrix [1, 4, 4] leads from the pixels of such a part to those of the whole,
/// by its first two rows. Source: MediaPipe's mediapipe/util/tflite/operations.
/// </summary>
internal static class Landmarks
{
    /// <summary>
    /// The matrix of the part around some of the points [1, N, 3]: a rectangle that holds them, turned so that the line from one point to another has a given
    /// direction, and made larger by a factor an axis.
    /// </summary>
    public static Value TransformMatrix(NodeContext node)
    {
        var points = Points(node);
        var options = Options(node);
        double Size(string name) => options.Number(name) is > 0 and var size && double.IsFinite(size) ? size : throw Wrong($"its option '{name}' should be positive");
        long Point(double number) => number >= 0 && number < points.Shape[1].Value ? (long)number : throw Wrong($"there is no point {number} among {points.Type}");
        Value Place(string name) => Plane(node, node.Add(new Gather(1), points, node.Vector(Point(options.Number(name) ?? -1))));
        if (options.Numbers("subset_idxs") is not { Length: > 0 } part)
            throw Wrong("its option 'subset_idxs' is missing");

        double target = options.Number("target_rotation_radians") ?? 0;
        var (cos, sin) = Turn(node, node.Add(new Sub(), Place("right_rotation_idx"), Place("left_rotation_idx")), target);
        Value Pair(Value x, Value y) => node.Add(new Concat(2), x, y);
        Value Scaled(Value value, double by) => node.Add(new Mul(), value, node.ScalarLike(by, value));
        // Turned by r, the axes lie along the part's; the way back turns by -r.
        var turned = Turned(node, Plane(node, node.Add(new Gather(1), points, node.Vector([.. part.Select(Point)]))), cos, sin);
        var (high, low) = (node.Add(new ReduceMax([1], KeepDims: true), turned), node.Add(new ReduceMin([1], KeepDims: true), turned));
        var centre = Turned(node, Scaled(node.Add(new Add(), high, low), 0.5), cos, node.Add(new Neg(), sin));
        var extent = node.Add(new Sub(), high, low);
        var (width, height) = (Size("output_width"), Size("output_height"));
        var (across, down) = (Scaled(Column(node, extent, 0), Size("scale_x") / width), Scaled(Column(node, extent, 1), Size("scale_y") / height));
        var (row0, row1) = (
            Pair(node.Add(new Mul(), cos, across), node.Add(new Mul(), sin, down)),
            Pair(node.Add(new Mul(), node.Add(new Neg(), sin), across), node.Add(new Mul(), cos, down)));
        Value Row(Value row, int axis)
        {
            // The part's middle is moved to its centre in the whole.
            var middle = node.Add(new Add(), Scaled(Column(node, row, 0), -width / 2), Scaled(Column(node, row, 1), -height / 2));
            return node.Add(new Concat(2), row, node.Builder.Constant(Tensor.Zeros(DType.Float32, [1, 1, 1])), node.Add(new Add(), Column(node, centre, axis), middle));
        }

        var rest = node.Builder.Constant(Tensor.Of<float>(Shape.Of(1, 2, 4), 0, 0, 1, 0, 0, 0, 0, 1));
        return node.Add(new Concat(1), Row(row0, 0), Row(row1, 1), rest);
    }

    /// <summary>Points [1, N, 2 or 3] of a part as points of the whole; their third coordinate stays.</summary>
    public static Value Transform(NodeContext node)
    {
        var points = Points(node);
        var (x, y) = Moved(node, Matrix(node), Column(node, points, 0), Column(node, points, 1), 0);
        return points.Shape[2].Value == 2 ? node.Add(new Concat(2), x, y) : node.Add(new Concat(2), x, y, Column(node, points, 2));
    }

    /// <summary>The part of an image [1, H, W, C], sampled between its pixels; 0 outside.</summary>
    public static Value TransformTensor(NodeContext node)
    {
        var image = node.Real(0);
        var options = Options(node);
        long Extent(string name) => options.Number(name) is >= 1 and <= 1 << 12 and var extent ? (long)extent : throw Wrong($"its option '{name}' is {options.Number(name)?.ToString() ?? "missing"}");
        var (height, width) = (Extent("output_height"), Extent("output_width"));
        if (image.Type.Rank != 4 || image.Shape[0] != 1)
            node.Fail($"{image.Type} should be one image");
        var (columns, rows) = (Tensor.Zeros(DType.Float32, [1, height * width, 1]), Tensor.Zeros(DType.Float32, [1, height * width, 1]));
        for (long i = 0; i < height * width; i++)
        {
            columns.SetDouble(i, i % width);
            rows.SetDouble(i, i / width);
        }
        var (x, y) = Moved(node, Matrix(node), node.Builder.Constant(columns), node.Builder.Constant(rows), 0.5);
        Value Within(Value at, int axis) => node.Add(
            new And(), node.Add(new GreaterEqual(), at, node.ScalarLike(0, at)), node.Add(new LessEqual(), at, node.ScalarLike(image.Shape[axis].Value - 1, at)));
        var sampled = node.Add(new Where(), node.Add(new And(), Within(x, 2), Within(y, 1)), node.Builder.SampledLinearly(image, x, y), node.ScalarLike(0, image));
        return node.Reshaped(sampled, [1, height, width, image.Shape[3]]);
    }

    /// <summary>Places moved by a matrix, with its pixels' centres so far from whole numbers on both sides.</summary>
    private static (Value X, Value Y) Moved(NodeContext node, Value matrix, Value x, Value y, double centre)
    {
        Value Along(int row)
        {
            Value Element(int column) => node.Reshaped(Slices.Along(node, matrix, 0, (row * 4) + column, 1), [1, 1, 1]);
            Value Times(Value value, Value by) => node.Add(new Mul(), by, value);
            var shift = Element(3);
            if (centre != 0)
            {
                var half = node.ScalarLike(centre, shift);
                shift = node.Add(new Add(), shift, node.Add(new Sub(), node.Add(new Add(), Times(Element(0), half), Times(Element(1), half)), half));
            }
            return node.Add(new Add(), node.Add(new Add(), Times(x, Element(0)), Times(y, Element(1))), shift);
        }

        return (Along(0), Along(1));
    }

    /// <summary>The cosine and sine [1, 1, 1] of an angle less a vector's own; a vector of no length has the angle 0.</summary>
    private static (Value Cos, Value Sin) Turn(NodeContext node, Value vector, double target)
    {
        var length = node.Add(new ReduceL2([2], KeepDims: true), vector);
        var isNone = node.Add(new Equal(), length, node.ScalarLike(0, length));
        Value Share(int axis, double otherwise) => node.Add(
            new Where(), isNone, node.ScalarLike(otherwise, length), node.Add(new Div(), Column(node, vector, axis), node.Add(new Where(), isNone, node.ScalarLike(1, length), length)));
        var (cos, sin) = (Share(0, 1), Share(1, 0));
        Value Mixed(double ofCos, double ofSin) => node.Add(
            new Add(), node.Add(new Mul(), cos, node.ScalarLike(ofCos, cos)), node.Add(new Mul(), sin, node.ScalarLike(ofSin, sin)));
        return (Mixed(Math.Cos(target), Math.Sin(target)), Mixed(Math.Sin(target), -Math.Cos(target)));
    }

    private static Value Turned(NodeContext node, Value points, Value cos, Value sin)
    {
        var (x, y) = (Column(node, points, 0), Column(node, points, 1));
        return node.Add(
            new Concat(2), node.Add(new Sub(), node.Add(new Mul(), x, cos), node.Add(new Mul(), y, sin)), node.Add(new Add(), node.Add(new Mul(), x, sin), node.Add(new Mul(), y, cos)));
    }

    private static Value Plane(NodeContext node, Value points) => Slices.Along(node, points, 2, 0, 2);

    private static Value Column(NodeContext node, Value points, int column) => Slices.Along(node, points, 2, column, 1);

    private static Value Points(NodeContext node)
    {
        if (node.Code.Version != 2)
            throw node.Unsupported($"version {node.Code.Version} of it is not supported");
        var points = node.Real(0);
        if (points.Type.Rank != 3 || points.Shape[0] != 1 || points.Shape[2].Value is not (2 or 3))
            node.Fail($"{points.Type} are no points");
        return points;
    }

    private static Value Matrix(NodeContext node)
    {
        if (node.Code.Version != 2)
            throw node.Unsupported($"version {node.Code.Version} of it is not supported");
        var matrix = node.Real(1);
        if (matrix.Shape.ElementCount != 16)
            node.Fail($"{matrix.Type} is no matrix of 4 by 4");
        return node.Reshaped(matrix, [16]);
    }

    private static FlexMap Options(NodeContext node) => FlexMap.Read(node.Operator.CustomOptions) ?? throw Wrong("it has no options");

    private static ModelException Wrong(string message) => new("LATHE3248", message);
}
