using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>Inputs one after another along an axis; their other extents are equal.</summary>
public sealed record Concat(int Axis) : PrimitiveOp
{
    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1, int.MaxValue);
        ElementTypes.Same(inputs);
        var first = inputs[0];
        if (Axis < 0 || Axis >= first.Rank)
            throw new ModelException("LATHE2042", $"axis {Axis} is out of range for {first}");
        var dims = first.Shape.ToArray<Dim>();
        foreach (var other in inputs.Skip(1))
        {
            if (other.Rank != first.Rank)
                throw new ModelException("LATHE2043", $"{first} and {other} differ in rank");
            for (int axis = 0; axis < dims.Length; axis++)
            {
                if (axis == Axis)
                    dims[axis] += other.Shape[axis];
                else if (!dims[axis].IsKnown)
                    dims[axis] = other.Shape[axis];
                else if (other.Shape[axis].IsKnown && other.Shape[axis] != dims[axis])
                    throw new ModelException("LATHE2044", $"{first} and {other} differ along axis {axis}, not only along {Axis}");
            }
        }
        return first.WithShape([.. dims]);
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        var parts = new List<(Buffer Buffer, long Offset)>();
        long offset = 0;
        foreach (var input in inputs)
        {
            if (input.Shape[Axis] > 0)
                parts.Add((input, offset));
            offset += input.Shape[Axis];
        }
        return parts.Count == 0 ? Build.Const(0, output.Element) : Choose(parts, 0, parts.Count, index);
    }

    /// <summary>A balanced tree of choices, so that the depth stays small however many inputs there are.</summary>
    private Expr Choose(List<(Buffer Buffer, long Offset)> parts, int first, int end, IReadOnlyList<Expr> index)
    {
        if (end - first == 1)
        {
            var (buffer, offset) = parts[first];
            var along = parts.Count == 1 ? index[Axis] : Build.Clamp(index[Axis] - offset, buffer.Shape[Axis]);
            return buffer[index.Select((at, axis) => axis == Axis ? along : at)];
        }
        int middle = (first + end) / 2;
        return Build.Select(index[Axis] < parts[middle].Offset, Choose(parts, first, middle, index), Choose(parts, middle, end, index));
    }
}
