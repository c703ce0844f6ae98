using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>Discrete Fourier transforms along an axis, as products with constant matrices. Complex numbers are two values, real and imaginary parts.</summary>
internal static class Fourier
{
    private const long MaxElements = 1 << 24;

    extension(GraphBuilder b)
    {
        /// <summary>The transform of complex numbers, or its inverse, which is divided by the extent.</summary>
        public (Value Real, Value Imaginary) Transformed(Value real, Value imaginary, int axis, bool inverse)
        {
            long extent = real.Shape[axis].Value;
            double sign = inverse ? 1 : -1, scale = inverse ? 1.0 / extent : 1;
            Value Wave(Func<double, double> wave) => Matrix(b, extent, extent, real.Element, (from, to) => scale * wave(Turn(from, to, extent)));
            var (cos, sin) = (Wave(Math.Cos), Wave(turn => sign * Math.Sin(turn)));
            Value Times(Value x, Value matrix) => b.TimesAlong(x, axis, matrix);
            return (b.Add(new Sub(), Times(real, cos), Times(imaginary, sin)), b.Add(new Add(), Times(real, sin), Times(imaginary, cos)));
        }

        /// <summary>The first half of the transform of reals, extent / 2 + 1 numbers; the rest mirrors it.</summary>
        public (Value Real, Value Imaginary) RealTransformed(Value x, int axis)
        {
            long extent = x.Shape[axis].Value, bins = (extent / 2) + 1;
            Value Part(Func<double, double> wave) => b.TimesAlong(x, axis, Matrix(b, extent, bins, x.Element, (from, to) => wave(Turn(from, to, extent))));
            return (Part(Math.Cos), Part(turn => -Math.Sin(turn)));
        }

        /// <summary>The reals whose transform's first half this is.</summary>
        public Value InverseRealTransformed(Value real, Value imaginary, int axis, long extent)
        {
            long bins = real.Shape[axis].Value;
            // What is mirrored counts twice.
            double Weight(long bin) => (bin == 0 || 2 * bin == extent ? 1.0 : 2.0) / extent;
            Value Part(Value x, Func<double, double> wave) => b.TimesAlong(x, axis, Matrix(b, bins, extent, x.Element, (from, to) => Weight(from) * wave(Turn(from, to, extent))));
            return b.Add(new Sub(), Part(real, Math.Cos), Part(imaginary, Math.Sin));
        }

        /// <summary>An axis cut, or filled up with zeros, to an extent.</summary>
        public Value Fitted(Value x, int axis, long extent)
        {
            long given = x.Shape[axis].Value;
            if (given >= extent)
                return given == extent ? x : b.Along(x, axis, 0, extent);
            var (before, after) = (new long[x.Type.Rank], new long[x.Type.Rank]);
            after[axis] = extent - given;
            return b.Add(new Pad(before, after), x);
        }

        /// <summary>The product of each line along an axis with a matrix.</summary>
        public Value TimesAlong(Value x, int axis, Value matrix)
        {
            int last = x.Type.Rank - 1;
            int[] order = [.. Enumerable.Range(0, last + 1).Select(a => a == axis ? last : a == last ? axis : a)];
            var lines = b.Permuted(x, order);
            var flat = b.Reshaped(lines, [lines.Shape.ElementCount / Math.Max(1, lines.Shape[last].Value), lines.Shape[last]]);
            return b.Permuted(b.Reshaped(b.Add(new MatMul(), flat, matrix), [.. lines.Shape.Take(last), matrix.Shape[1]]), order);
        }
    }

    /// <summary>The angle of one wave at one place; whole turns are left out first, so that it is exact.</summary>
    private static double Turn(long from, long to, long extent) => 2 * Math.PI * (from * to % extent) / extent;

    private static Value Matrix(GraphBuilder b, long rows, long columns, DType type, Func<long, long, double> element)
    {
        if ((Int128)rows * columns > MaxElements)
            throw new UnsupportedException("LATHE3501", $"a transform of {rows} by {columns} elements is not supported");
        if (rows == 0 || columns == 0)
            throw Misfit.Of("there is nothing to transform");
        var matrix = Tensor.Zeros(type, [rows, columns]);
        for (long row = 0; row < rows; row++)
            for (long column = 0; column < columns; column++)
                matrix.SetDouble((row * columns) + column, element(row, column));
        return b.Constant(matrix);
    }
}
