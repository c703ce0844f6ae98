using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>NumPy's broadcasting rules.</summary>
public static class Broadcasting
{
    /// <summary>The shape that all shapes broadcast to. Throws a <see cref="ModelException"/> when two extents do not meet.</summary>
    public static Shape Join(IEnumerable<Shape> shapes)
    {
        var result = Shape.Scalar;
        foreach (var shape in shapes)
            result = Join(result, shape);
        return result;
    }

    /// <summary>The index of an input's element for an output's index: trailing axes, 0 along extents of 1.</summary>
    public static IEnumerable<Expr> IndexInto(Buffer input, IReadOnlyList<Expr> index) =>
        input.Shape.Select((extent, axis) => extent == 1 ? 0 : index[index.Count - input.Rank + axis]);

    private static Shape Join(Shape a, Shape b)
    {
        if (a.Rank < b.Rank)
            (a, b) = (b, a);
        var dims = a.ToList();
        for (int i = 0; i < b.Rank; i++)
        {
            int axis = a.Rank - b.Rank + i;
            var (x, y) = (dims[axis], b[i]);
            if (x == y || (y.IsKnown && y.Value == 1))
                continue;
            if (x.IsKnown && x.Value == 1)
                dims[axis] = y;
            else if (x.IsKnown && y.IsKnown)
                throw new ModelException("LATHE2004", $"the shapes {a} and {b} do not broadcast: extents {x} and {y} meet");
            else
                dims[axis] = x.IsKnown ? x : y;
        }
        return [.. dims];
    }
}
