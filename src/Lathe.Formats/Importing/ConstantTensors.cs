using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>Constants rearranged while a model is read.</summary>
internal static class ConstantTensors
{
    /// <summary>The tensor whose axis i is axis <c>permutation[i]</c> of the given one.</summary>
    public static Tensor Permute(Tensor tensor, int[] permutation)
    {
        long[] extents = tensor.Shape.ToArray();
        long[] from = tensor.Shape.Strides();
        var shape = Shape.Of(permutation.Select(p => extents[p]));
        var result = Tensor.Zeros(tensor.Type, shape);
        int size = tensor.Type.Size;
        var source = tensor.Bytes.Span;
        var target = result.Bytes.Span;
        long[] to = shape.ToArray();
        var at = new long[to.Length];
        long offset = 0;
        for (int i = 0; i < target.Length; i += size)
        {
            source.Slice((int)offset * size, size).CopyTo(target[i..]);
            for (int axis = at.Length - 1; axis >= 0; axis--)
            {
                offset += from[permutation[axis]];
                if (++at[axis] < to[axis])
                    break;
                offset -= to[axis] * from[permutation[axis]];
                at[axis] = 0;
            }
        }
        return result;
    }
}
