using System.Runtime.Intrinsics;

namespace Lathe.Loops.Managed;

/// <summary>Functions that have no vector instruction, lane by lane in double precision.</summary>
internal static class Lanewise
{
    public static Vector128<float> Apply(Vector128<float> x, Func<double, double> f)
    {
        for (int i = 0; i < Vector128<float>.Count; i++)
            x = x.WithElement(i, (float)f(x.GetElement(i)));
        return x;
    }

    public static Vector256<float> Apply(Vector256<float> x, Func<double, double> f) =>
        Vector256.Create(Apply(x.GetLower(), f), Apply(x.GetUpper(), f));

    public static Vector512<float> Apply(Vector512<float> x, Func<double, double> f) =>
        Vector512.Create(Apply(x.GetLower(), f), Apply(x.GetUpper(), f));
}
