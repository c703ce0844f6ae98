using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>Values under other shapes, with their axes in other orders, and parts of them. Constants are changed at once.</summary>
internal static class Reshaping
{
    private const long MaxParts = 1 << 16;

    /// <summary>A count of values that something is taken apart into, each of which is a node. Throws where no honest model has so many.</summary>
    public static int Parts(long count) => count <= MaxParts ? (int)count : throw new UnsupportedException("LATHE3067", $"{count} single parts are not supported, but {MaxParts} at most");

    extension(GraphBuilder b)
    {
        public Value ScalarLike(double value, Value like) => b.Scalar(value, like.Element);

        public Value Vector(params ReadOnlySpan<long> elements) => b.Constant(Tensor.Vector(elements));

        public Value Reshaped(Value value, Shape shape)
        {
            if (value.Shape == shape)
                return value;
            return value.Constant is { } stored && shape.IsKnown && stored.Shape.ElementCount == shape.ElementCount
                ? b.Constant(stored.Reshape(shape))
                : b.Add(new Reshape(shape), value);
        }

        /// <summary>The shape as a model gives it: -1 takes what is left.</summary>
        public Value ReshapedTo(Value x, long[] given)
        {
            int open = Array.IndexOf(given, -1);
            if (given.Where((e, i) => i != open).Any(e => e < 0))
                throw Misfit.Of($"the shape {Misfit.List(given)} cannot be");
            if (open >= 0)
            {
                // Without elements, extents of 0 on both sides do not count.
                bool isEmpty = given.Contains(0) && x.Shape.ElementCount == 0;
                static long Product(IEnumerable<long> extents) => extents.Aggregate(1L, (a, e) => checked(a * e));
                long rest = Product(given.Where((e, i) => i != open && !(isEmpty && e == 0)));
                long count = isEmpty ? Product(x.Shape.ToArray().Where(e => e != 0)) : x.Shape.ElementCount;
                if (rest == 0 || count % rest != 0)
                    throw Misfit.Of($"{x.Type} cannot become {Misfit.List(given)}");
                given = [.. given.Select((e, i) => i == open ? count / rest : e)];
            }
            return b.Reshaped(x, Shape.Of(given));
        }

        /// <summary>The axes in another order: axis i is axis <c>permutation[i]</c> of the value.</summary>
        public Value Permuted(Value value, params int[] permutation)
        {
            bool isOrder = permutation.Length == value.Type.Rank && permutation.Order().SequenceEqual(Enumerable.Range(0, permutation.Length));
            if (isOrder && permutation.Order().SequenceEqual(permutation))
                return value;
            return isOrder && value.Constant is { } stored ? b.Constant(ConstantTensors.Permute(stored, permutation)) : b.Add(new Transpose(permutation), value);
        }

        /// <summary>A new axis of extent 1; -1 puts it last.</summary>
        public Value Unsqueezed(Value x, long axis)
        {
            long at = axis < 0 ? axis + x.Type.Rank + 1 : axis;
            if (at < 0 || at > x.Type.Rank)
                throw Misfit.Of($"axis {axis} does not suit {x.Type}");
            return b.Reshaped(x, [.. x.Shape.Take((int)at), 1, .. x.Shape.Skip((int)at)]);
        }

        /// <summary>Without these axes, or without all axes of extent 1 where none are given.</summary>
        public Value Squeezed(Value x, IReadOnlyList<long> given)
        {
            var axes = given.Count > 0 ? given.Select(a => x.Shape.Axis(a)).ToHashSet() : [.. Enumerable.Range(0, x.Type.Rank).Where(a => x.Shape[a] == 1)];
            if (axes.Any(a => x.Shape[a] != 1))
                throw Misfit.Of($"the axes {Misfit.List(given)} of {x.Type} are not all 1");
            return b.Reshaped(x, [.. x.Shape.Where((_, axis) => !axes.Contains(axis))]);
        }

        /// <summary>Values of one shape along a new axis.</summary>
        public Value Packed(IReadOnlyList<Value> parts, long axis)
        {
            if (parts.Count == 0)
                throw Misfit.Of("it has no operands");
            Value[] lifted = [.. parts.Select(p => b.Unsqueezed(p, axis))];
            return lifted.Length == 1 ? lifted[0] : b.Add(new Concat((int)(axis < 0 ? axis + lifted[0].Type.Rank : axis)), lifted);
        }

        /// <summary>Each place along an axis by itself, as many as there are.</summary>
        public Value[] Unpacked(Value x, int axis)
        {
            Shape shape = [.. x.Shape.Where((_, a) => a != axis)];
            return [.. Enumerable.Range(0, Parts(x.Shape[axis].Value)).Select(i => b.Reshaped(b.Along(x, axis, i, 1), shape))];
        }

        /// <summary>Elements start to start + size - 1 along one axis.</summary>
        public Value Along(Value x, int axis, long start, long size)
        {
            if (start == 0 && x.Shape[axis] == size)
                return x;
            long[] sizes = x.Shape.ToArray();
            sizes[axis] = size;
            return b.Add(new Slice(sizes.Select((_, a) => a == axis && size > 0 ? start : 0).ToEquatableArray(), sizes, sizes.Select(_ => 1L).ToEquatableArray()), x);
        }

        /// <summary>Consecutive parts along an axis, of these sizes; one of them may be -1 and takes what is left.</summary>
        public Value[] Parted(Value x, int axis, long[] sizes)
        {
            if (Array.IndexOf(sizes, -1) is >= 0 and var open)
                sizes = [.. sizes.Select((s, i) => i == open ? x.Shape[axis].Value - sizes.Where(o => o > 0).Sum() : s)];
            if (sizes.Any(s => s < 0) || sizes.Aggregate(0L, (a, s) => checked(a + s)) != x.Shape[axis].Value)
                throw Misfit.Of($"the sizes {Misfit.List(sizes)} do not split {x.Type} along axis {axis}");
            var parts = new Value[sizes.Length];
            long start = 0;
            for (int i = 0; i < parts.Length; start += sizes[i++])
                parts[i] = b.Along(x, axis, start, sizes[i]);
            return parts;
        }

        /// <summary>A shape that a model asks for, of a size that can be.</summary>
        public static Shape TargetShape(IReadOnlyList<long> extents) => extents.Any(e => e is < 0 or > int.MaxValue)
            ? throw Misfit.Of($"the shape {Misfit.List(extents)} cannot be")
            : Shape.Of(extents);

        /// <summary>Scalars as they are, one-element tensors of other ranks as scalars.</summary>
        public Value AsScalar(Value x) => b.Reshaped(x, Shape.Scalar);

        public Value Filled(Shape shape, double value, DType type) => b.Add(new Expand(shape), b.Scalar(value, type));
    }
}
