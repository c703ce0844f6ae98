namespace Lathe.Loops.Managed;

/// <summary>
/// The functions of <see cref="Intrinsic"/> in double precision. They owe nothing to the polynomials that other targets
/// use, so that they can be compared with them.
/// </summary>
public static class Functions
{
    /// <summary>1 / (1 + exp(-x)) without overflow at either end.</summary>
    public static double Sigmoid(double x)
    {
        double e = Math.Exp(-Math.Abs(x));
        return (x < 0 ? e : 1) / (1 + e);
    }

    /// <summary>
    /// The error function by the three rational minimax approximations of W. J. Cody, "Rational Chebyshev approximations
    /// for the error function", Mathematics of Computation 23 (1969); error below 1e-15.
    /// </summary>
    public static double Erf(double x)
    {
        double y = Math.Abs(x);
        if (double.IsNaN(x))
            return x;
        if (y <= 0.46875)
            return x * Near(y * y);
        if (y >= 6)
            return Math.CopySign(1, x);
        return Math.CopySign(1 - Complement(y), x);
    }

    /// <summary>The normal distribution's cumulative function, (1 + erf(x / sqrt(2))) / 2, which keeps its precision where it is small.</summary>
    public static double NormalCdf(double x)
    {
        double y = Math.Abs(x) * Math.Sqrt(0.5);
        if (!(y > 0.46875))
            return 0.5 + (0.5 * Erf(x * Math.Sqrt(0.5)));
        double small = 0.5 * Complement(y);
        return x < 0 ? small : 1 - small;
    }

    /// <summary>1 - erf(y) for y over 0.46875.</summary>
    private static double Complement(double y)
    {
        // Less than the smallest number.
        if (y > 28)
            return 0;
        double tail = y <= 4 ? Middle(y) : Far(y);
        // exp(-y*y) with y split so that its square is exact: the product of rounding errors would otherwise dominate.
        double high = Math.Truncate(y * 16) / 16;
        double rest = (y - high) * (y + high);
        return Math.Exp(-high * high) * Math.Exp(-rest) * tail;
    }

    private static double Near(double s) =>
        Polynomial(s, 3.20937758913846947e3, 3.77485237685302021e2, 1.13864154151050156e2, 3.16112374387056560e0, 1.85777706184603153e-1)
        / Polynomial(s, 2.84423683343917062e3, 1.28261652607737228e3, 2.44024637934444173e2, 2.36012909523441209e1, 1);

    private static double Middle(double y) =>
        Polynomial(
            y, 1.23033935479799725e3, 2.05107837782607147e3, 1.71204761263407058e3, 8.81952221241769090e2, 2.98635138197400131e2,
            6.61191906371416295e1, 8.88314979438837594e0, 5.64188496988670089e-1, 2.15311535474403846e-8)
        / Polynomial(
            y, 1.23033935480374942e3, 3.43936767414372164e3, 4.36261909014324716e3, 3.29079923573345963e3, 1.62138957456669019e3,
            5.37181101862009858e2, 1.17693950891312499e2, 1.57449261107098347e1, 1);

    private static double Far(double y)
    {
        double s = 1 / (y * y);
        double ratio =
            Polynomial(
                s, 6.58749161529837803e-4, 1.60837851487422766e-2, 1.25781726111229246e-1, 3.60344899949804439e-1,
                3.05326634961232344e-1, 1.63153871373020978e-2)
            / Polynomial(
                s, 2.33520497626869185e-3, 6.05183413124413191e-2, 5.27905102951428412e-1, 1.87295284992346725e0, 2.56852019228982242e0, 1);
        return ((1 / Math.Sqrt(Math.PI)) - (s * ratio)) / y;
    }

    /// <summary>Coefficients from the constant term up.</summary>
    private static double Polynomial(double x, params ReadOnlySpan<double> coefficients)
    {
        double result = 0;
        for (int i = coefficients.Length - 1; i >= 0; i--)
            result = (result * x) + coefficients[i];
        return result;
    }
}
