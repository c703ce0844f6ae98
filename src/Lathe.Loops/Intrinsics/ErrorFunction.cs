namespace Lathe.Loops;

/// <summary>
/// erf. For |x| &lt; 1 it is x * N(x^2); above, 1 - exp(F(|x|)) where F approximates log(erfc) up to where erf rounds to 1 (4 in f32, 6 in
/// f64). N and F are near-minimax, fitted by Chebyshev interpolation; in f64 F is a polynomial in (|x| - 3.5) / 2.5.
/// </summary>
internal static class ErrorFunction
{
    private static readonly double[] NearSingle =
        [1.12837917, -0.376126267, 0.112835947, -0.026854212, 0.00518908742, -0.000801686429, 7.87587506e-05];

    private static readonly double[] NearTwice =
    [
        1.1283791670955126, -0.37612638903183754, 0.11283791670955126, -0.026866170645131218, 0.005223977625441674, -0.0008548327023403001,
        0.00012055332978879483, -1.4925650236967501e-05, 1.6462110782018636e-06, -1.636576864883207e-07, 1.4806027146128752e-08,
        -1.2277734486795524e-09, 9.323723518153027e-11, -6.1967364287877e-12, 2.8067128195611264e-13,
    ];

    private static readonly double[] FarSingle =
        [0.00032013805, -1.13023343, -0.631826052, -0.110080083, 0.026421136, -0.00475959629, 0.000596805626, -4.60580427e-05, 1.63715141e-06];

    private static readonly double[] FarTwice =
    [
        -14.112437402148174, -18.165248970912977, -6.042206592138939, -0.08165090971780906, 0.034128411079749774, -0.01438454833033345,
        0.005953704476190262, -0.002373997280513564, 0.0008935765855845794, -0.00030781955951396384, 9.090090217256991e-05, -1.847452395376142e-05,
        -1.477503599641089e-06, 4.56596712020318e-06, -3.422294334462001e-06, 1.917889171144331e-06, -9.124365065445989e-07, 3.8437394165273846e-07,
        -1.3611972043197023e-07, 2.6131458709239564e-08, 3.922377494569264e-09, 1.9305509283414644e-10, 6.621479020937692e-10, -5.618027658915205e-09,
        3.6630997068853925e-09, -2.5668825356579424e-10, -2.283670456893158e-10,
    ];

    public static Expr Erf(FloatCode code, Expr x)
    {
        var a = code.Bind("a", Build.Min(code.Constant(code.Pick(4.0, 6)), code.Abs(x)));
        var near = a * code.Polynomial(code.Bind("z", a * a), code.Pick(NearSingle, NearTwice));
        var at = code.IsSingle ? a : code.Bind("at", (a - code.Constant(3.5)) * code.Constant(0.4));
        var logarithm = code.Bind("logarithm", code.Polynomial(at, code.Pick(FarSingle, FarTwice)));
        var far = code.Constant(1) - Exponentials.ExpOfSmall(code, logarithm);
        return code.WithSign(Build.Select(a < code.Constant(1), near, far), x);
    }
}
