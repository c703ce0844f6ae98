using Lathe.Tensors;

namespace Lathe.Compilation.Tuning;

/// <summary>Whether a candidate's results are the default's, which may sum up in another order or by another method.</summary>
internal static class Agreement
{
    /// <summary>Floats may differ by a thousandth (half precision: two hundredths) of themselves and of the largest; all else must be equal.</summary>
    public static TensorComparison Of(Tensor actual, Tensor expected)
    {
        if (!expected.Type.IsFloat)
            return TensorComparison.Of(actual, expected, 0, 0);
        double tolerance = expected.Type.IsHalf ? 2e-2 : 1e-3;
        double largest = 0;
        for (long i = 0; i < expected.Count; i++)
            if (Math.Abs(expected.GetDouble(i)) is var x && double.IsFinite(x))
                largest = Math.Max(largest, x);
        return TensorComparison.Of(actual, expected, tolerance, tolerance * largest);
    }
}
