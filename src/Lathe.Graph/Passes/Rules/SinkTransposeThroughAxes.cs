using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>Ops that name axes do the same before a transpose as after it, on the axes that it brings there.</summary>
public sealed class SinkTransposeThroughAxes : Rule
{
    public override Value? Apply(Node node, RewriteContext context)
    {
        if (node.Op is Concat concat)
            return Join(node, concat, context.Builder);
        if (node.Op is Constant or Input || node.Inputs.Length == 0 || node.Inputs[0].Op is not Transpose { Permutation: var permutation })
            return null;
        var x = node.Inputs[0].Node.Inputs[0];
        var b = context.Builder;
        Value Back(Value value) => b.Add(new Transpose(permutation), value);
        EquatableArray<T> Turn<T>(EquatableArray<T> perAxis)
        {
            var turned = new T[perAxis.Count];
            for (int i = 0; i < turned.Length; i++)
                turned[permutation[i]] = perAxis[i];
            return turned;
        }

        switch (node.Op)
        {
            case Pad pad:
                return Back(b.Add(pad with { Before = Turn(pad.Before), After = Turn(pad.After) }, x));
            case Slice slice:
                return Back(b.Add(new Slice(Turn(slice.Starts), Turn(slice.Sizes), Turn(slice.Steps)), x));
            case Resize resize when resize.Coordinates != CoordinateMode.TfCropAndResize:
                return Back(b.Add(resize with { Sizes = Turn(resize.Sizes), Scales = Turn(resize.Scales) }, x));
            case Gather { Axis: var axis } when node.Inputs[1].Type.Rank == 1:
                return Back(b.Add(new Gather(permutation[axis]), x, node.Inputs[1]));
            case Tile tile:
                return Back(b.Add(new Tile(Turn(tile.Repeats)), x));
            case QuantizeLinear { BlockSize: 0 } quantize:
                return Back(b.Add(quantize with { Axis = permutation[quantize.Axis] }, [x, .. node.Inputs.Skip(1)]));
            case DequantizeLinear { BlockSize: 0 } dequantize:
                return Back(b.Add(dequantize with { Axis = permutation[dequantize.Axis] }, [x, .. node.Inputs.Skip(1)]));
            case Softmax softmax:
                return Back(b.Add(new Softmax(permutation[softmax.Axis]), x));
            case ReductionOp reduction:
                return Reduce(node, reduction with { Axes = Axes(reduction.Axes, permutation) }, reduction.KeepDims, reduction.Axes, permutation, x, b);
            case CompositeReductionOp reduction:
                return Reduce(node, reduction with { Axes = Axes(reduction.Axes, permutation) }, reduction.KeepDims, reduction.Axes, permutation, x, b);
            default:
                return null;
        }
    }

    /// <summary>Parts that are transposed alike, and constants, which can be turned beforehand.</summary>
    private static Value? Join(Node node, Concat concat, GraphBuilder b)
    {
        if (node.Inputs.Select(i => i.Op).OfType<Transpose>().FirstOrDefault() is not { Permutation: var permutation }
            || !node.Inputs.All(i => i.Constant is not null || (i.Op is Transpose t && t.Permutation == permutation)))
            return null;
        var inverse = new Transpose(SinkTransposeThroughElementwise.Inverse(permutation));
        var parts = node.Inputs.Select(i => i.Constant is null ? i.Node.Inputs[0] : b.Add(inverse, i));
        return b.Add(new Transpose(permutation), b.Add(new Concat(permutation[concat.Axis]), [.. parts]));
    }

    private static EquatableArray<int> Axes(EquatableArray<int> axes, EquatableArray<int> permutation) =>
        axes.Select(a => permutation[a]).Order().ToEquatableArray();

    private static Value Reduce(
        Node node, Op reduction, bool keepDims, EquatableArray<int> axes, EquatableArray<int> permutation, Value x, GraphBuilder b)
    {
        var reduced = b.Add(reduction, x);
        if (keepDims)
            return b.Add(new Transpose(permutation), reduced);
        // The axes that are left, numbered among themselves, in the order in which the transpose brings them.
        int[] left = [.. permutation.Where((_, i) => !axes.Contains(i))];
        int[] sorted = [.. left.Order()];
        return b.Add(new Transpose(left.Select(a => Array.IndexOf(sorted, a)).ToEquatableArray()), reduced);
    }
}
