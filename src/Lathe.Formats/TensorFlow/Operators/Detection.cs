using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Boxes in images.</summary>
internal static class Detection
{
    private const long MaxResults = 1 << 16;

    /// <summary>
    /// Boxes without overlaps, the highest score first. Operands: boxes, scores, their greatest number, from version 2 on the overlap that is too much, from 3 on the least score, and in 5 the sigma that
    /// lowers scores. How many there are is known only in a run, so that boxes must be constants or the result filled up.
    /// </summary>
    public static Func<NodeContext, IReadOnlyList<Value>> NonMaxSuppression(int version) => node =>
    {
        var (boxes, scores) = (node.In(0), node.In(1));
        long most = node.Int(2, "number of boxes");
        double overlap = version == 1 ? node.Attributes.Float("iou_threshold", 0.5f) : node.Number(3, "overlap");
        double least = version >= 3 ? node.Number(4, "least score") : float.MinValue;
        double sigma = version == 5 ? node.Number(5, "sigma") : 0;
        if (scores.Type.Rank != 1 || most is < 0 or > int.MaxValue)
            node.Fail($"{most} boxes cannot be chosen of {boxes.Type} with scores {scores.Type}");
        if (boxes.Type.Rank > 0 && boxes.Shape[0] == 0)
            most = node.Attributes.Flag("pad_to_max_output_size") ? most : 0;
        // TensorFlow keeps an overlap at the limit.
        var op = new NonMaxSuppression(most, MathF.BitIncrement((float)overlap), least, KeepsLimits: false, sigma);
        var outputs = node.Builder.AddNode(op, boxes, node.Builder.Unsqueezed(scores, 0)).Outputs;
        var (chosen, values, count) = (node.Reshaped(outputs[0], [most]), node.Reshaped(outputs[1], [most]), node.Reshaped(outputs[2], []));
        if (!node.Attributes.Flag("pad_to_max_output_size"))
        {
            long known = (node.Importer.PureFolder.TryFold(count) ?? throw node.Unsupported("the number of boxes that are chosen depends on data that only a run gives")).GetInt64(0);
            (chosen, values) = (node.Builder.Along(chosen, 0, 0, known), node.Builder.Along(values, 0, 0, known));
        }
        return version switch
        {
            5 => [chosen, values, count],
            4 => [chosen, count],
            _ => [chosen],
        };
    };

    /// <summary>
    /// Boxes chosen for each class of each image by itself, of which the best are the results. Operands: boxes [images, N, 1 or classes, 4], scores [images, N, classes], the greatest number for a class
    /// and in all, the overlap that is too much, the least score. Results: boxes, scores, classes, and their numbers; 0 behind the last.
    /// </summary>
    public static IReadOnlyList<Value> CombinedNonMaxSuppression(NodeContext node)
    {
        var (boxes, scores) = (node.In(0), node.In(1));
        long perClass = node.Int(2, "number of boxes of a class"), total = node.Int(3, "number of boxes");
        if (boxes.Type.Rank != 4 || scores.Type.Rank != 3 || boxes.Shape[0] != scores.Shape[0] || boxes.Shape[1] != scores.Shape[1] || boxes.Shape[3] != 4
            || (boxes.Shape[2] != 1 && boxes.Shape[2] != scores.Shape[2]) || scores.Shape.ElementCount == 0 || perClass is < 1 or > MaxResults || total is < 1 or > MaxResults)
        {
            node.Fail($"{perClass} boxes of a class, and {total} in all, cannot be chosen of {boxes.Type} with scores {scores.Type}");
        }
        var (images, number, perBox, classes) = (boxes.Shape[0].Value, boxes.Shape[1].Value, boxes.Shape[2].Value, scores.Shape[2].Value);
        if (node.Attributes.Flag("pad_per_class"))
            total = Math.Min(total, perClass * classes);
        var rule = new NonMaxSuppression(Math.Min(perClass, number), MathF.BitIncrement((float)node.Number(4, "overlap")), node.Number(5, "least score"), KeepsLimits: false);
        var results = Enumerable.Range(0, (int)images).Select(image =>
        {
            var rows = node.Permuted(node.Builder.Squeezed(node.Builder.Along(scores, 0, image, 1), [0]), 1, 0);
            var own = node.Builder.Squeezed(node.Builder.Along(boxes, 0, image, 1), [0]);
            // All classes' boxes in one list, class by class.
            var list = node.Reshaped(node.Permuted(own, 1, 0, 2), [perBox * number, 4]);
            Value[][] chosen = [.. Enumerable.Range(0, (int)perBox).Select(box =>
            {
                var outputs = node.Builder.AddNode(rule, node.Builder.Along(list, 0, box * number, number), perBox == 1 ? rows : node.Builder.Along(rows, 0, box, 1)).Outputs;
                return (Value[])[box == 0 ? outputs[0] : node.Add(new Add(), outputs[0], node.Builder.Scalar(box * number, DType.Int32)), outputs[1], outputs[2]];
            })];
            Value Joined(int output) => chosen.Length == 1 ? chosen[0][output] : node.Add(new Concat(0), [.. chosen.Select(c => c[output])]);
            return node.Builder.BestOfClasses(list, Joined(0), Joined(1), Joined(2), total);
        }).ToArray();
        Value Stacked(IEnumerable<Value> values) => node.Builder.Packed([.. values], 0);
        var corners = Stacked(results.Select(r => r.Boxes));
        return
        [
            node.Attributes.Flag("clip_boxes", otherwise: true) ? node.Add(new Clip(0, 1), corners) : corners, Stacked(results.Select(r => r.Scores)), Stacked(results.Select(r => r.Classes)),
            node.Reshaped(Stacked(results.Select(r => r.Number)), [images]),
        ];
    }

    /// <summary>Boxes (y, x, y, x, as shares of an image) cut out and made one size. Operands: images, boxes, each box's image, the size.</summary>
    public static Value CropAndResize(NodeContext node)
    {
        var (images, boxes, which) = (node.In(0), node.In(1), node.In(2));
        long[] size = node.Ints(3, "size");
        if (images.Type.Rank != 4 || boxes.Type.Rank != 2 || boxes.Shape[1] != 4 || size.Length != 2 || size.Any(s => s is < 1 or > 1 << 12))
            node.Fail($"boxes {boxes.Type} of {images.Type} cannot become {Misfit.List(size)}");
        if (images.Element != DType.Float32)
            images = node.Add(new Cast(DType.Float32), images);
        bool linear = node.Attributes.Text("method", "bilinear") == "bilinear";
        long count = boxes.Shape[0].Value;
        var (y, yInside) = Places(node, boxes, 0, images.Shape[1].Value, size[0]);
        var (x, xInside) = Places(node, boxes, 1, images.Shape[2].Value, size[1]);
        (y, yInside) = (node.Builder.Unsqueezed(y, 2), node.Builder.Unsqueezed(yInside, 2));
        (x, xInside) = (node.Builder.Unsqueezed(x, 1), node.Builder.Unsqueezed(xInside, 1));
        var image = node.Reshaped(node.Add(new Cast(DType.Int64), which), [count, 1, 1]);
        Shape grid = [count, size[0], size[1]];

        Value Pixels(Value row, Value column)
        {
            Value[] index = [.. new[] { image, node.Add(new Cast(DType.Int64), row), node.Add(new Cast(DType.Int64), column) }.Select(i => node.Builder.Unsqueezed(node.Add(new Expand(grid), i), 3))];
            return node.Add(new GatherND(0), images, node.Add(new Concat(3), index));
        }

        Value Mixed(Value a, Value b, Value share) => node.Add(new Add(), a, node.Add(new Mul(), node.Add(new Sub(), b, a), node.Builder.Unsqueezed(share, 3)));
        Value result;
        if (linear)
        {
            var (top, left) = (node.Add(new Floor(), y), node.Add(new Floor(), x));
            var (bottom, right) = (node.Add(new Ceil(), y), node.Add(new Ceil(), x));
            var across = node.Add(new Sub(), x, left);
            result = Mixed(Mixed(Pixels(top, left), Pixels(top, right), across), Mixed(Pixels(bottom, left), Pixels(bottom, right), across), node.Add(new Sub(), y, top));
        }
        else
        {
            Value Nearest(Value place) => node.Add(new Floor(), node.Add(new Add(), place, node.ScalarLike(0.5, place)));
            result = Pixels(Nearest(y), Nearest(x));
        }
        var inside = node.Builder.Unsqueezed(node.Add(new And(), yInside, xInside), 3);
        return node.Add(new Where(), inside, result, node.ScalarLike(node.Attributes.Float("extrapolation_value"), result));
    }

    /// <summary>The places [boxes, size] along an axis of the image, moved to within it, and whether they were.</summary>
    private static (Value Places, Value AreInside) Places(NodeContext node, Value boxes, int axis, long extent, long size)
    {
        var (from, to) = (node.Builder.Along(boxes, 1, axis, 1), node.Builder.Along(boxes, 1, axis + 2, 1));
        Value Times(Value a, Value b) => node.Add(new Mul(), a, b);
        Value Number(double number) => node.ScalarLike(number, from);
        Value places;
        if (size > 1)
        {
            var step = Times(node.Add(new Sub(), to, from), Number((double)(extent - 1) / (size - 1)));
            places = node.Add(new Add(), Times(from, Number(extent - 1)), Times(step, node.Constant(Tensor.Vector<float>([.. Enumerable.Range(0, (int)size).Select(i => (float)i)]))));
        }
        else
        {
            places = Times(node.Add(new Add(), from, to), Number(0.5 * (extent - 1)));
        }
        var inside = node.Add(new And(), node.Add(new GreaterEqual(), places, Number(0)), node.Add(new LessEqual(), places, Number(extent - 1)));
        return (node.Add(new Clip(0, extent - 1), places), inside);
    }
}
