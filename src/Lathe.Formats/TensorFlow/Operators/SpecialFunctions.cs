using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Functions of one real that are put together of others: sums of quotients, or polynomials.</summary>
internal static class SpecialFunctions
{
    /// <summary>Where Lanczos's approximation of the gamma function, with g = 7, has its shift (Godfrey, 2001).</summary>
    private const double Shift = 7.5;

    private const double First = 0.99999999999980993;

    private static readonly double[] Lanczos =
    [
        676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
    ];

    /// <summary>Giles's polynomials for the inverse error function (2012), of w = -log(1 - x^2) below 5, less 2.5, and of its root from there on, less 3.</summary>
    private static readonly double[] Near = [2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503, -0.00417768164, 0.246640727, 1.50140941];

    private static readonly double[] Far = [-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047, 1.00167406, 2.83297682];

    /// <summary>log |gamma(x)|; below one half by gamma(x) gamma(1 - x) = pi / sin(pi x).</summary>
    public static Value Lgamma(NodeContext node)
    {
        var x = new Term(node.Builder, node.In(0));
        var (isReflected, z) = Reflected(x);
        var (sum, _) = Sums(z);
        var t = z + Shift;
        var log = ((z / Shift) + 1).Of(new Log()) + Math.Log(Shift);
        // (z + 1/2) log t - t loses less in this order.
        var result = ((z + 0.5 - (t / log)) * log) + sum.Of(new Log()) + (0.5 * Math.Log(2 * Math.PI));
        var part = Fraction(x);
        var nearer = part.Where(part.IsBelow(0.5), 1 - part);
        return (Math.Log(Math.PI) - (nearer * Math.PI).Of(new Sin()).Of(new Log()) - result).Where(isReflected, result).Value;
    }

    /// <summary>The derivative of log gamma(x); below one half by psi(1 - x) - psi(x) = pi cot(pi x).</summary>
    public static Value Digamma(NodeContext node)
    {
        var x = new Term(node.Builder, node.In(0));
        var (isReflected, z) = Reflected(x);
        var (sum, slope) = Sums(z);
        var t = z + Shift;
        var result = t.Of(new Log()) + (slope / sum) - (7 / t);
        var turn = Fraction(x) * Math.PI;
        return (result - (turn.Of(new Cos()) / turn.Of(new Sin()) * Math.PI)).Where(isReflected, result).Value;
    }

    /// <summary>The x whose error function this is.</summary>
    public static Value Erfinv(NodeContext node) => Erfinv(new Term(node.Builder, node.In(0))).Value;

    /// <summary>The x below which a standard normal variable is with this probability.</summary>
    public static Value Ndtri(NodeContext node) => (Erfinv((new Term(node.Builder, node.In(0)) * 2) - 1) * Math.Sqrt(2)).Value;

    private static Term Erfinv(Term x)
    {
        var w = ((1 - x) * (x + 1)).Of(new Log()).Of(new Neg());
        var polynomial = Polynomial(w - 2.5, Near).Where(w.IsBelow(5), Polynomial(w.Of(new Relu()).Of(new Sqrt()) - 3, Far));
        var infinite = x * double.PositiveInfinity;
        return infinite.Where(x.Builder.Add(new Equal(), x.Of(new Abs()).Value, x.Number(1).Value), polynomial * x);
    }

    private static Term Polynomial(Term x, double[] terms) => terms.Skip(1).Aggregate(x.Number(terms[0]), (sum, term) => (sum * x) + term);

    /// <summary>Whether x is below one half, and the place of x, or of 1 - x there, in Lanczos's sum.</summary>
    private static (Value IsReflected, Term Place) Reflected(Term x)
    {
        var isReflected = x.IsBelow(0.5);
        return (isReflected, x.Of(new Neg()).Where(isReflected, x - 1));
    }

    /// <summary>Lanczos's sum, and its derivative.</summary>
    private static (Term Sum, Term Slope) Sums(Term z)
    {
        var (sum, slope) = (z.Number(First), z.Number(0));
        foreach (var (i, factor) in Lanczos.Index())
        {
            var share = factor / (z + (i + 1));
            (sum, slope) = (sum + share, slope - (share / (z + (i + 1))));
        }
        return (sum, slope);
    }

    private static Term Fraction(Term x) => x - x.Of(new Floor());
}
