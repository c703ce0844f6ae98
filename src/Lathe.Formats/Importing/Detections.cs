using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>The results of detectors.</summary>
internal static class Detections
{
    extension(GraphBuilder b)
    {
        /// <summary>
        /// The best of what was chosen for each class by itself: corners [D, 4], scores [D], classes [D] as f32, and their number [1] as i32; 0 behind the last. <paramref name="indices"/> [C, K] into
        /// <paramref name="boxes"/> [N, 4] and <paramref name="scores"/> [C, K] are a class's best, of which only the first <paramref name="counts"/> [C] are there.
        /// </summary>
        public (Value Boxes, Value Scores, Value Classes, Value Number) BestOfClasses(Value boxes, Value indices, Value scores, Value counts, long results)
        {
            long classes = scores.Shape[0].Value, perClass = scores.Shape[1].Value, places = classes * perClass, taken = Math.Min(results, places);
            Value Numbers(long count) => b.Constant(Tensor.Vector<int>([.. Enumerable.Range(0, (int)count)]));
            var isThere = b.Add(new Less(), Numbers(perClass), b.Reshaped(counts, [classes, 1]));
            var ranked = b.Add(new Where(), isThere, scores, b.Scalar(float.MinValue, DType.Float32));
            var best = b.AddNode(new TopK(0, taken), b.Reshaped(ranked, [places])).Outputs;
            var number = b.Add(new Min(), b.Add(new ReduceSum([0], KeepDims: true), counts), b.Scalar(taken, DType.Int32));
            var isResult = b.Add(new Less(), Numbers(taken), number);
            var zero = b.Scalar(0, DType.Float32);
            Value Filled(Value value) => b.Fitted(value, 0, results);
            Value Kept(Value value) => Filled(b.Add(new Where(), isResult, b.Add(new Cast(DType.Float32), value), zero));
            var corners = b.Add(new Gather(0), boxes, b.Add(new Gather(0), b.Reshaped(indices, [places]), best[1]));
            return (
                Filled(b.Add(new Where(), b.Reshaped(isResult, [taken, 1]), corners, zero)), Kept(best[0]), Kept(b.Add(new Div(), best[1], b.Scalar(perClass, DType.Int64))), number);
        }
    }
}
