using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>
/// The logistic function and tanh of 16-bit fixed-point numbers, in the arithmetic of the gemmlowp library that TFLite's recurrent kernels use: exponentials
/// from a polynomial and factors for each bit, and three steps of Newton's method for the quotient. As tables over all 65,536 arguments, from the least on.
/// </summary>
internal static class SixteenBitFunctions
{
    /// <summary>The factors exp(-2^k), k from -2 to 4, as shares of 2^31.</summary>
    private static readonly int[] Powers = [1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242];

    /// <summary>1 / (1 + exp(-x)) as a share of 2^15, for x with 3 bits before the point.</summary>
    public static Tensor Logistic() => Table(x =>
    {
        if (x == 0)
            return 1 << 14;
        int positive = Quotient(Exponential((short)-(short)Math.Abs(x), 3), quotientLessOne: false);
        return x > 0 ? positive : short.MaxValue - positive;
    });

    /// <summary>tanh(x) as a share of 2^15, for x with 0 to 6 bits before the point.</summary>
    public static Tensor Tanh(int integerBits) => Table(x =>
    {
        if (x == 0)
            return 0;
        int size = Quotient(Exponential((short)-(short)Math.Abs(x), integerBits + 1), quotientLessOne: true);
        return x > 0 ? size : -size;
    });

    private static Tensor Table(Func<int, int> function)
    {
        var table = Tensor.Zeros(DType.Int16, [65536]);
        var values = table.Span<short>();
        for (int i = 0; i < values.Length; i++)
            values[i] = (short)function(i + short.MinValue);
        return table;
    }

    /// <summary>exp(a) for a up to 0 with so many bits before the point.</summary>
    private static int Exponential(int a, int integerBits)
    {
        if (a == 0)
            return short.MaxValue;
        int fraction = 15 - integerBits, quarter = 1 << (fraction - 2);
        int rest = (a & (quarter - 1)) - quarter;
        int result = NearZero(Saturated(rest, integerBits));
        int remainder = rest - a;
        for (int i = 0; i < Powers.Length && i - 2 < integerBits; i++)
            if ((remainder & (1 << (fraction + i - 2))) != 0)
                result = Product(result, Narrow(Powers[i]));
        return integerBits > 5 && a < -(1 << (fraction + 5)) ? 0 : result;
    }

    /// <summary>exp(a) for a from -1/4 to 0 without bits before the point: Taylor's polynomial around -1/8.</summary>
    private static int NearZero(int a)
    {
        int start = Narrow(1895147668), third = Narrow(715827883);
        int x = a + (1 << 12);
        int square = Product(x, x), cube = Product(square, x), fourth = Product(square, square);
        int tail = Divided(Product((short)(Divided(fourth, 2) + cube), third) + square, 1);
        return Math.Clamp(start + Product(start, (short)(x + tail)), short.MinValue, short.MaxValue);
    }

    /// <summary>1 / (1 + a), or (1 - a) / (1 + a), for a from 0 to 1.</summary>
    private static int Quotient(int a, bool quotientLessOne)
    {
        const int one = 1 << 13;
        int half = (a + short.MaxValue + 1) / 2;
        int x = (short)(Narrow(1515870810) + Product(half, Narrow(-1010580540)));
        for (int i = 0; i < 3; i++)
            x = (short)(x + Saturated(Product(x, (short)(one - Product(half, x))), 2));
        return quotientLessOne ? Saturated((short)(x - one), 2) : Saturated(x, 1);
    }

    private static int Narrow(int wide) => Divided(wide, 16);

    /// <summary>The upper half of twice the product, rounded.</summary>
    private static int Product(int a, int b)
    {
        if (a == short.MinValue && b == short.MinValue)
            return short.MaxValue;
        int product = a * b;
        return (product + (product >= 0 ? 1 << 14 : 1 - (1 << 14))) / (1 << 15);
    }

    /// <summary>x / 2^by, halves away from zero.</summary>
    private static int Divided(int x, int by)
    {
        int mask = (1 << by) - 1;
        return (x >> by) + ((x & mask) > (mask >> 1) + (x < 0 ? 1 : 0) ? 1 : 0);
    }

    private static int Saturated(int x, int by)
    {
        int most = (1 << (15 - by)) - 1;
        return x > most ? short.MaxValue : x < -most ? short.MinValue : x << by;
    }
}
