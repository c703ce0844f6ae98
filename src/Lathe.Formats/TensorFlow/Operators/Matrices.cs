using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Matrices, which are the last two axes, and their diagonals.</summary>
internal static class Matrices
{
    public static Value Diag(NodeContext node) => node.Builder.MatrixDiag(node.In(0));

    public static Value SetDiag(NodeContext node) => node.Builder.MatrixSetDiag(node.In(0), node.In(1));

    /// <summary>The later versions can say another diagonal, one of them here, and the matrix's size. Operands: diagonal, k, rows, columns, padding.</summary>
    public static Value DiagV2(NodeContext node)
    {
        var x = node.In(0);
        long k = OneDiagonal(node, 1), given = node.Int(2, "number of rows"), givenColumns = node.Int(3, "number of columns");
        long length = x.Shape[^1].Value, least = length + Math.Abs(k);
        long rows = given >= 0 ? given : k >= 0 ? length : givenColumns >= 0 && least > length ? length - k : least;
        long columns = givenColumns >= 0 ? givenColumns : k >= 0 ? least : length;
        if (given < 0 && givenColumns < 0)
            (rows, columns) = (least, least);
        if (rows < 0 || columns < 0 || Math.Min(rows + Math.Min(k, 0), columns - Math.Max(k, 0)) != length)
            node.Fail($"{x.Type} is not diagonal {k} of a matrix of {rows} by {columns}");
        return node.Add(new Where(), node.Builder.Mask(rows, columns, (row, column) => column - row == k), OnDiagonal(node, x, k, rows, columns), node.In(4));
    }

    public static Value SetDiagV2(NodeContext node)
    {
        var (x, diagonal) = (node.In(0), node.In(1));
        long k = OneDiagonal(node, 2);
        var (rows, columns) = Extents(node, x);
        return node.Add(new Where(), node.Builder.Mask(rows, columns, (row, column) => column - row == k), OnDiagonal(node, diagonal, k, rows, columns), x);
    }

    public static Value DiagPart(NodeContext node) => Part(node, node.In(0), 0);

    public static Value DiagPartV2(NodeContext node) => Part(node, node.In(0), OneDiagonal(node, 1));

    /// <summary>Elements within so many diagonals below and above the main one, all of a side where the number is negative; zeros elsewhere.</summary>
    public static Value BandPart(NodeContext node)
    {
        var x = node.In(0);
        long lower = node.Int(1, "lower diagonals"), upper = node.Int(2, "upper diagonals");
        var (rows, columns) = Extents(node, x);
        return node.Add(new Where(), node.Builder.Mask(rows, columns, (row, column) => (lower < 0 || row - column <= lower) && (upper < 0 || column - row <= upper)), x, node.ScalarLike(0, x));
    }

    /// <summary>A tensor of rank n on the diagonal of one of rank 2 n.</summary>
    public static Value TensorDiag(NodeContext node)
    {
        var x = node.In(0);
        var flat = node.Builder.MatrixDiag(node.Reshaped(x, [x.Shape.ElementCount]));
        return node.Reshaped(flat, [.. x.Shape, .. x.Shape]);
    }

    public static Value TensorDiagPart(NodeContext node)
    {
        var x = node.In(0);
        int half = x.Type.Rank / 2;
        if (x.Type.Rank % 2 != 0 || !x.Shape.Take(half).SequenceEqual(x.Shape.Skip(half)))
            node.Fail($"{x.Type} has no diagonal");
        Shape shape = [.. x.Shape.Take(half)];
        return node.Reshaped(Part(node, node.Reshaped(x, [shape.ElementCount, shape.ElementCount]), 0), shape);
    }

    public static Value Determinant(NodeContext node) => node.Add(new Det(), node.In(0));

    /// <summary>The cross product of vectors of three along the last axis.</summary>
    public static Value Cross(NodeContext node)
    {
        var (a, b) = (node.In(0), node.In(1));
        int axis = a.Type.Rank - 1;
        if (axis < 0 || a.Shape[axis] != 3)
            node.Fail($"{a.Type} does not hold vectors of three");
        Value Turned(Value x, long first, long second, long third) => node.Add(new Gather(axis), x, node.Builder.Vector(first, second, third));
        return node.Add(
            new Sub(),
            node.Add(new Mul(), Turned(a, 1, 2, 0), Turned(b, 2, 0, 1)),
            node.Add(new Mul(), Turned(a, 2, 0, 1), Turned(b, 1, 2, 0)));
    }

    private static Value Part(NodeContext node, Value x, long k)
    {
        var (rows, columns) = Extents(node, x);
        long length = Math.Min(rows + Math.Min(k, 0), columns - Math.Max(k, 0));
        if (length < 0)
            node.Fail($"{x.Type} has no diagonal {k}");
        var flat = node.Reshaped(x, [.. x.Shape.SkipLast(2), rows * columns]);
        return node.Add(new Gather(flat.Type.Rank - 1), flat, node.Builder.Vector([.. Enumerable.Range(0, (int)length).Select(i => ((i - Math.Min(k, 0)) * columns) + i + Math.Max(k, 0))]));
    }

    /// <summary>A diagonal's elements at each of their rows, or columns, of a matrix; what is beside them does not count.</summary>
    private static Value OnDiagonal(NodeContext node, Value diagonal, long k, long rows, long columns)
    {
        int axis = diagonal.Type.Rank - 1;
        var (before, after) = (new long[axis + 1], new long[axis + 1]);
        // Element i is in column i + k.
        before[axis] = Math.Max(k, 0);
        after[axis] = columns - before[axis] - diagonal.Shape[axis].Value;
        return node.Builder.Unsqueezed(node.Add(new Pad(before, after), diagonal), axis);
    }

    private static (long Rows, long Columns) Extents(NodeContext node, Value x) =>
        x.Type.Rank >= 2 ? (x.Shape[^2].Value, x.Shape[^1].Value) : throw Misfit.Of($"{x.Type} is no matrix");

    private static long OneDiagonal(NodeContext node, int input)
    {
        long[] k = node.Ints(input, "diagonal");
        return k.Length >= 1 && k.All(d => d == k[0]) ? k[0] : throw node.Unsupported("several diagonals at once are not supported");
    }
}
