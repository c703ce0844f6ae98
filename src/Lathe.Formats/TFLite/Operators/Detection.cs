using Lathe.Formats.Importing;
using Lathe.Formats.TFLite.Importing;
using Lathe.Formats.TFLite.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>The best boxes of a detector, without those that overlap better ones.</summary>
internal static class Detection
{
    private const int MaxDetections = 1 << 16;

    /// <summary>
    /// Operands: boxes, scores, the most results, and the limits of overlap and score; all but the first two constant. Results: indices and their number; the
    /// indices behind the last are 0.
    /// </summary>
    public static IReadOnlyList<Value?> NonMaxSuppressionV4(NodeContext node)
    {
        var chosen = Suppressed(node, 0);
        return [chosen.Indices, chosen.Number];
    }

    /// <summary>As version 4, with overlaps that lower scores; the lowered scores are a result between the others.</summary>
    public static IReadOnlyList<Value?> NonMaxSuppressionV5(NodeContext node)
    {
        var chosen = Suppressed(node, Limit(node, 5, "sigma"));
        return [chosen.Indices, chosen.Scores, chosen.Number];
    }

    /// <summary>
    /// TFLite_Detection_PostProcess. Operands: boxes [1, N, 4 or more] as offsets from anchors (y, x, height, width), scores [1, N, classes], which may begin with the
    /// background's, and anchors [N, 4]. Results: corners [1, D, 4], classes [1, D], scores [1, D] and the number of detections [1]; 0 behind the last.
    /// </summary>
    public static IReadOnlyList<Value?> PostProcess(NodeContext node)
    {
        var options = FlexMap.Read(node.Operator.CustomOptions) ?? throw new ModelException("LATHE3244", "it has no options");
        int Count(string name, int otherwise = -1) => (options.Number(name) ?? otherwise) is >= 1 and <= MaxDetections and var number
            ? (int)number
            : throw new ModelException("LATHE3244", $"its option '{name}' is {options.Number(name)?.ToString() ?? "missing"}");
        double Scale(string name) => options.Number(name) is > 0 and var number ? number : throw new ModelException("LATHE3244", $"its option '{name}' should be positive");
        var (encodings, scores, anchors) = (node.Real(0), node.Real(1), node.Real(2));
        if (encodings.Type.Rank != 3 || scores.Type.Rank != 3 || encodings.Shape[0] != 1 || scores.Shape[0] != 1 || encodings.Shape[2].Value < 4
            || anchors.Shape != Shape.Of(encodings.Shape[1].Value, 4) || scores.Shape[1] != encodings.Shape[1])
        {
            node.Fail($"boxes {encodings.Type}, scores {scores.Type} and anchors {anchors.Type} do not suit each other");
        }
        var (boxes, classes) = (encodings.Shape[1].Value, Count("num_classes"));
        long background = scores.Shape[2].Value - classes;
        if (background is < 0 or > 1)
            node.Fail($"{classes} classes do not suit scores {scores.Type}");
        var corners = Corners(node, node.Reshaped(Slices.Along(node, encodings, 2, 0, 4), [boxes, 4]), anchors, [Scale("y_scale"), Scale("x_scale"), Scale("h_scale"), Scale("w_scale")]);
        var rows = node.Reshaped(Slices.Along(node, scores, 2, background, classes), [boxes, classes]);
        var (least, overlap) = (options.Number("nms_score_threshold") ?? 0, options.Number("nms_iou_threshold") ?? 0.5);
        NonMaxSuppression Rule(long count) => new(count, (float)overlap, (float)least, KeepsLimits: true);
        return (options.Number("use_regular_nms") ?? 0) != 0
            ? Regular(node, corners, rows, Count("max_detections"), Rule(Count("detections_per_class", 100)))
            : Fast(node, corners, rows, Rule(Count("max_detections")), Count("max_classes_per_detection"));
    }

    /// <summary>Boxes are chosen by their best class alone, and each gives its best classes.</summary>
    private static IReadOnlyList<Value?> Fast(NodeContext node, Value corners, Value scores, NonMaxSuppression rule, int classesPerBox)
    {
        int taken = (int)Math.Min(classesPerBox, scores.Shape[1].Value);
        var best = node.Builder.AddNode(new TopK(1, taken), scores).Outputs;
        var chosen = node.Builder.AddNode(rule, corners, node.Reshaped(Slices.Along(node, best[0], 1, 0, 1), [1, scores.Shape[0]])).Outputs;
        var index = node.Reshaped(chosen[0], [rule.Count]);
        var isThere = node.Reshaped(node.Add(new Less(), Numbers(node, rule.Count), chosen[2]), [rule.Count, 1]);
        Value Rows(Value of) => node.Add(new Where(), isThere, node.Add(new Gather(0), node.Add(new Cast(DType.Float32), of), index), node.Builder.Scalar(0, DType.Float32));
        Value Filled(Value rows) => taken == classesPerBox ? rows : node.Add(new Pad([0, 0], [0, classesPerBox - taken]), rows);
        long results = rule.Count * classesPerBox;
        var boxes = node.Reshaped(Rows(corners), [rule.Count, 1, 4]);
        return
        [
            node.Reshaped(classesPerBox == 1 ? boxes : node.Add(new Expand([rule.Count, classesPerBox, 4]), boxes), [1, results, 4]),
            node.Reshaped(Filled(Rows(best[1])), [1, results]), node.Reshaped(Filled(Rows(best[0])), [1, results]), node.Add(new Cast(DType.Float32), chosen[2]),
        ];
    }

    /// <summary>Boxes are chosen for each class by itself, and the best of all classes are the results.</summary>
    private static IReadOnlyList<Value?> Regular(NodeContext node, Value corners, Value scores, int detections, NonMaxSuppression rule)
    {
        var chosen = node.Builder.AddNode(rule, corners, node.Permuted(scores, 1, 0)).Outputs;
        var best = node.Builder.BestOfClasses(corners, chosen[0], chosen[1], chosen[2], detections);
        return
        [
            node.Reshaped(best.Boxes, [1, detections, 4]), node.Reshaped(best.Classes, [1, detections]), node.Reshaped(best.Scores, [1, detections]),
            node.Add(new Cast(DType.Float32), best.Number),
        ];
    }

    /// <summary>Corners (y, x, y, x) of boxes that are given as offsets from anchors, each in units of a scale.</summary>
    private static Value Corners(NodeContext node, Value encodings, Value anchors, double[] scales)
    {
        Value Column(Value of, int column) => Slices.Along(node, of, 1, column, 1);
        (Value Low, Value High) Ends(int axis)
        {
            Value Share(int column) => node.Add(new Div(), Column(encodings, column), node.Builder.Scalar(scales[column], DType.Float32));
            var centre = node.Add(new Add(), node.Add(new Mul(), Share(axis), Column(anchors, 2 + axis)), Column(anchors, axis));
            var half = node.Add(new Mul(), node.Add(new Mul(), node.Builder.Scalar(0.5, DType.Float32), node.Add(new Exp(), Share(2 + axis))), Column(anchors, 2 + axis));
            return (node.Add(new Sub(), centre, half), node.Add(new Add(), centre, half));
        }

        var (y, x) = (Ends(0), Ends(1));
        return node.Add(new Concat(1), y.Low, x.Low, y.High, x.High);
    }

    private static (Value Indices, Value Scores, Value Number) Suppressed(NodeContext node, double sigma)
    {
        var (boxes, scores) = (node.Real(0), node.Real(1));
        if (node.IsQuantized() || scores.Type.Rank != 1)
            throw node.Unsupported($"boxes {node.In(0).Type} with scores {scores.Type} are not supported");
        long count = node.Int(2, "number of results");
        if (count is < 0 or > MaxDetections)
            node.Fail($"it asks for {count} results");
        var rule = new NonMaxSuppression(count, Limit(node, 3, "limit of overlap"), Limit(node, 4, "limit of scores"), KeepsLimits: false, sigma);
        var chosen = node.Builder.AddNode(rule, boxes, node.Reshaped(scores, [1, scores.Shape[0]])).Outputs;
        return (node.Reshaped(chosen[0], [count]), node.Reshaped(chosen[1], [count]), node.Reshaped(chosen[2], Shape.Scalar));
    }

    private static double Limit(NodeContext node, int input, string what) =>
        node.Constant(input, what) is { Count: 1 } limit ? limit.GetDouble(0) : throw new ModelException("LATHE3244", $"its {what} should be one number");

    private static Value Numbers(NodeContext node, long count) => node.Builder.Constant(Tensor.Vector<int>([.. Enumerable.Range(0, (int)count)]));
}
