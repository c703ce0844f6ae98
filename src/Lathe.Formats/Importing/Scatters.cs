using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>Elements put at places that indices say.</summary>
internal static class Scatters
{
    extension(GraphBuilder b)
    {
        /// <summary>A new axis with a value at each index and another elsewhere. Indices out of range choose nothing.</summary>
        public Value OneHot(Value indices, long depth, long axis, Value on, Value off)
        {
            long at = axis < 0 ? axis + indices.Type.Rank + 1 : axis;
            if (at < 0 || at > indices.Type.Rank || depth is < 0 or > int.MaxValue)
                throw Misfit.Of($"axis {axis} of {depth} elements does not suit {indices.Type}");
            var chosen = indices.Element.IsSigned
                ? b.Add(new Where(), b.Add(new Less(), indices, b.ScalarLike(0, indices)), b.ScalarLike(depth, indices), indices)
                : indices;
            var values = b.Add(new Concat(0), b.Reshaped(off, [1]), b.Reshaped(on, [1]));
            return b.Add(new OneHot(depth, (int)at), chosen, values);
        }

        /// <summary>The values [K, ...] of keys [K] that are asked for, and whether they are there; those that are not give any value.</summary>
        public (Value Values, Value AreThere) LookedUp(Value keys, Value values, Value asked)
        {
            if (keys.Type.Rank != 1 || values.Type.Rank < 1 || values.Shape[0] != keys.Shape[0] || keys.Shape[0] == 0)
                throw Misfit.Of($"a table from {keys.Type} to {values.Type} is not possible");
            var hits = b.Add(new Equal(), b.Unsqueezed(asked, -1), keys);
            int last = asked.Type.Rank;
            var taken = b.Add(new Gather(0), values, b.Add(new ArgMax(last, KeepDims: false), b.Add(new Cast(DType.UInt8), hits)));
            var found = b.Add(new ReduceMax([last], KeepDims: false), hits);
            return (taken, b.Reshaped(found, [.. found.Shape, .. Enumerable.Repeat((Dim)1, taken.Type.Rank - found.Type.Rank)]));
        }

        /// <summary>Updates added up at their places in zeros.</summary>
        public Value ScatteredIntoZeros(Value indices, Value updates, Shape shape) =>
            b.Add(new ScatterND(ScatterReduction.Add), b.Filled(shape, 0, updates.Element), indices, updates);

        /// <summary>Values at indices of rank 0 to 2, and another value elsewhere.</summary>
        public Value SparseToDense(Value indices, Shape shape, Value values, Value elsewhere)
        {
            indices = indices.Type.Rank switch
            {
                0 => b.Reshaped(indices, [1, 1]),
                1 => b.Reshaped(indices, shape.Rank == 1 ? [indices.Shape[0], 1] : [1, indices.Shape[0]]),
                _ => indices,
            };
            var filled = b.Add(new Expand(shape), b.AsScalar(elsewhere));
            return b.Add(new ScatterND(ScatterReduction.None), filled, indices, b.Add(new Expand([indices.Shape[0]]), values));
        }

        /// <summary>Slices of x combined by their segment numbers; segments without any are <paramref name="neutral"/>, or for infinities the type's own ends.</summary>
        public Value Segmented(Value x, Value segments, long count, ScatterReduction reduction, double neutral)
        {
            if (count is < 0 or > int.MaxValue || segments.Type.Rank > x.Type.Rank)
                throw Misfit.Of($"{count} segments by {segments.Type} of {x.Type} are not possible");
            var rows = x.Shape.Skip(segments.Type.Rank).ToArray();
            var initial = b.Filled([count, .. rows], Neutral(x.Element, neutral), x.Element);
            return b.Add(new ScatterND(reduction), initial, b.Reshaped(segments, [.. segments.Shape, 1]), x);
        }
    }

    private static double Neutral(DType type, double neutral)
    {
        if (type.IsFloat || Math.Abs(neutral) <= 1)
            return neutral;
        double highest = Math.Pow(2, (8 * type.Size) - (type.IsSigned ? 1 : 0)) - 1;
        return neutral > 0 ? highest : type.IsSigned ? -highest - 1 : 0;
    }
}
