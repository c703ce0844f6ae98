using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>Arithmetic that takes several ops.</summary>
internal static class Arithmetic
{
    extension(GraphBuilder b)
    {
        /// <summary>The quotient rounded towards negative infinity.</summary>
        public Value FloorDiv(Value x, Value y)
        {
            if (x.Element.IsFloat)
                return b.Add(new Floor(), b.Add(new Div(), x, y));
            // (x - (x mod y)) / y is exact, where the remainder has the divisor's sign.
            return b.Add(new Div(), b.Add(new Sub(), x, b.Add(new Mod(Fmod: false), x, y)), y);
        }

        /// <summary>The angle of the point (x, y), from -pi to pi.</summary>
        public Value Atan2(Value y, Value x)
        {
            var zero = b.ScalarLike(0, x);
            Value Number(double value) => b.ScalarLike(value, x);
            var angle = b.Add(new Atan(), b.Add(new Div(), y, x));
            var turned = b.Add(new Add(), angle, b.Add(new Where(), b.Add(new Less(), y, zero), Number(-Math.PI), Number(Math.PI)));
            var upright = b.Add(new Mul(), b.Add(new Sign(), y), Number(Math.PI / 2));
            var left = b.Add(new Where(), b.Add(new Less(), x, zero), turned, upright);
            return b.Add(new Where(), b.Add(new Greater(), x, zero), angle, left);
        }

        /// <summary>Reals rounded to the values that integers of so many bits over a range would have, one of which is zero.</summary>
        public Value FakeQuantized(Value x, float min, float max, int bits, bool narrow)
        {
            if (bits is < 2 or > 16 || !(min < max))
                throw Misfit.Of($"{bits} bits over {min} to {max} are not possible");
            double low = narrow ? 1 : 0, high = (1 << bits) - 1;
            float scale = (float)((max - min) / (high - low));
            double zero = Math.Clamp(Math.Floor(low - (min / scale) + 0.5), low, high);
            float nudgedMin = (float)((low - zero) * scale), nudgedMax = (float)((high - zero) * scale);
            var clipped = b.Add(new Clip(nudgedMin, nudgedMax), x);
            var steps = b.Add(new Mul(), b.Add(new Sub(), clipped, b.ScalarLike(nudgedMin, x)), b.ScalarLike(1.0f / scale, x));
            var rounded = b.Add(new Floor(), b.Add(new Add(), steps, b.ScalarLike(0.5, x)));
            return b.Add(new Add(), b.Add(new Mul(), rounded, b.ScalarLike(scale, x)), b.ScalarLike(nudgedMin, x));
        }

        /// <summary>Bits shifted. To the right, signed integers keep the sign; what lies beyond the type's width counts as its last place.</summary>
        public Value Shifted(Value x, Value by, bool left)
        {
            var unsigned = x.Element switch
            {
                DType.Int8 => DType.UInt8,
                DType.Int16 => DType.UInt16,
                DType.Int32 => DType.UInt32,
                DType.Int64 => DType.UInt64,
                var type => type,
            };
            Value Bits(Value bits) => b.Add(new Cast(x.Element), b.Add(new BitShift(left), b.Add(new Cast(unsigned), bits), b.Add(new Cast(unsigned), by)));
            if (left || !x.Element.IsSigned)
                return Bits(x);
            // Of a negative number the other bits are shifted, so that ones come in.
            var flipped = b.Add(new BitwiseNot(), Bits(b.Add(new BitwiseNot(), x)));
            return b.Add(new Where(), b.Add(new Less(), x, b.ScalarLike(0, x)), flipped, Bits(x));
        }

        public Value Squared(Value x) => b.Add(new Mul(), x, x);

        /// <summary>The root of the sum of both squares: the absolute value of a complex number.</summary>
        public Value Magnitude(Value real, Value imaginary) => b.Add(new Sqrt(), b.Add(new Add(), b.Squared(real), b.Squared(imaginary)));

        public Value Rsqrt(Value x) => b.Add(new Reciprocal(), b.Add(new Sqrt(), x));
    }
}
