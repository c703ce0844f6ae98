using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>Slices and look-ups as TensorFlow and TFLite describe them.</summary>
internal static class Slicing
{
    extension(GraphBuilder b)
    {
        /// <summary>Elements from a start on; a size of -1 reaches to the end.</summary>
        public Value Sliced(Value x, long[] starts, long[] sizes)
        {
            if (starts.Length != x.Type.Rank || sizes.Length != x.Type.Rank)
                throw Misfit.Of($"start {Misfit.List(starts)} and size {Misfit.List(sizes)} do not suit {x.Type}");
            sizes = [.. sizes.Select((s, a) => s == -1 ? x.Shape[a].Value - starts[a] : s)];
            return b.Add(new Slice(starts.Select((s, a) => sizes[a] == 0 ? 0 : s).ToEquatableArray(), sizes, sizes.Select(_ => 1L).ToEquatableArray()), x);
        }

        /// <summary>Python's x[begin:end:stride, ...].</summary>
        public Value StridedSlice(Value x, StridedSliceSpec spec)
        {
            var cut = spec.On(x.Type);
            bool whole = cut.Steps.All(s => s == 1) && Shape.Of(cut.Sizes) == x.Shape;
            return b.Reshaped(whole ? x : b.Add(new Slice(cut.Starts, cut.Sizes, cut.Steps), x), cut.Result);
        }

        /// <summary>As <see cref="Sliced(GraphBuilder, Value, long[], long[])"/>, where only a run may know a start.</summary>
        public Value Sliced(Value x, PartlyKnown.Number[] starts, long[] sizes)
        {
            for (int axis = 0; axis < starts.Length && axis < x.Type.Rank; axis++)
            {
                if (starts[axis].Known is not null)
                    continue;
                if (axis >= sizes.Length || sizes[axis] < 0 || sizes[axis] > x.Shape[axis].Value)
                    throw new UnsupportedException("LATHE3066", $"where it begins depends on data that only a run gives, and its size on axis {axis} of {x.Type} must be known then");
                x = b.Add(new Gather(axis), x, b.Add(new Add(), b.Counted(sizes[axis], starts[axis].Value.Element), starts[axis].Value));
            }
            return b.Sliced(x, [.. starts.Select(s => s.Known ?? 0)], sizes);
        }

        /// <summary>As <see cref="StridedSlice(GraphBuilder, Value, StridedSliceSpec)"/>, where only a run may know which place of an axis is taken.</summary>
        /// <param name="spec">With the begins and ends that are known.</param>
        public Value StridedSlice(Value x, StridedSliceSpec spec, PartlyKnown.Number[] begin, PartlyKnown.Number[] end)
        {
            var (places, ends) = (begin.Select(n => n.Known ?? 0).ToArray(), end.Select(n => n.Known ?? 0).ToArray());
            for (int i = 0; i < begin.Length; i++)
            {
                if (spec.IsPlace(i) && begin[i].Known is null)
                    x = b.Add(new Gather(spec.AxisOf(x.Type, i)), x, b.Reshaped(begin[i].Value, [1]));
                else if (spec.NeedsBegin(i) && begin[i].Known is null || (i < end.Length && spec.NeedsEnd(i) && end[i].Known is null))
                    throw new UnsupportedException("LATHE3066", "how many elements it takes depends on data that only a run gives");
            }
            return b.StridedSlice(x, spec with { Begin = places, End = ends });
        }

        /// <summary>0, 1, 2, ...</summary>
        public Value Counted(long count, DType element) => b.Constant(Tensor.Vector<long>([.. Enumerable.Range(0, checked((int)count)).Select(i => (long)i)]).Cast(element));

        /// <summary>The axes in reverse order of their elements.</summary>
        public Value Reversed(Value x, IReadOnlySet<int> axes)
        {
            long[] sizes = x.Shape.ToArray();
            return b.Add(new Slice(
                sizes.Select((s, a) => axes.Contains(a) && s > 0 ? s - 1 : 0).ToEquatableArray(), sizes, sizes.Select((_, a) => axes.Contains(a) ? -1L : 1).ToEquatableArray()), x);
        }

        /// <summary>Elements by index along an axis, maybe with an own list for each place of the leading axes.</summary>
        public Value Gathered(Value x, Value indices, int axis, int batch)
        {
            batch = batch < 0 ? batch + indices.Type.Rank : batch;
            if (batch == 0)
                return b.Add(new Gather(axis), x, indices);
            if (batch < 0 || batch > indices.Type.Rank || batch > axis)
                throw Misfit.Of($"{batch} leading axes do not suit {x.Type} and {indices.Type}");
            // The gathered axis moves behind the leading ones, and what was between goes after the new axes.
            int rank = x.Type.Rank, between = axis - batch, added = indices.Type.Rank - batch;
            x = b.Permuted(x, [.. Enumerable.Range(0, batch), axis, .. Enumerable.Range(batch, between), .. Enumerable.Range(axis + 1, rank - axis - 1)]);
            var chosen = b.Add(new GatherND(batch), x, b.Reshaped(indices, [.. indices.Shape, 1]));
            return b.Permuted(chosen, [.. Enumerable.Range(0, batch), .. Enumerable.Range(batch + added, between), .. Enumerable.Range(batch, added), .. Enumerable.Range(batch + added + between, rank - axis - 1)]);
        }
    }
}
