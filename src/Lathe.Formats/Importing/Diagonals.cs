using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>Matrices and their diagonals.</summary>
internal static class Diagonals
{
    private const long MaxElements = 1 << 24;

    extension(GraphBuilder b)
    {
        /// <summary>A vector for each place along a new last axis, on the diagonal of zeros.</summary>
        public Value MatrixDiag(Value x)
        {
            if (x.Type.Rank < 1)
                throw Misfit.Of($"{x.Type} is no diagonal");
            return b.Add(new Where(), b.Mask(x.Shape[^1].Value, x.Shape[^1].Value, (row, column) => row == column), b.Unsqueezed(x, x.Type.Rank - 1), b.ScalarLike(0, x));
        }

        /// <summary>Matrices with other main diagonals.</summary>
        public Value MatrixSetDiag(Value x, Value diagonal)
        {
            if (x.Type.Rank < 2)
                throw Misfit.Of($"{x.Type} has no diagonal");
            var (rows, columns) = (x.Shape[^2].Value, x.Shape[^1].Value);
            var line = b.Unsqueezed(diagonal, rows < columns ? -1 : diagonal.Type.Rank - 1);
            return b.Add(new Where(), b.Mask(rows, columns, (row, column) => row == column), line, x);
        }

        /// <summary>The bools of a matrix by row and column.</summary>
        public Value Mask(long rows, long columns, Func<long, long, bool> isSet)
        {
            if ((Int128)rows * columns > MaxElements)
                throw new UnsupportedException("LATHE3501", $"a matrix of {rows} by {columns} bools is not supported");
            var mask = Tensor.Zeros(DType.Bool, [rows, columns]);
            for (long row = 0; row < rows; row++)
                for (long column = 0; column < columns; column++)
                    if (isSet(row, column))
                        mask.SetInt64((row * columns) + column, 1);
            return b.Constant(mask);
        }
    }
}
