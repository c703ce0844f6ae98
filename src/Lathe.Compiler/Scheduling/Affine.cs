using Lathe.Loops;

namespace Lathe.Compilation.Scheduling;

/// <summary>How an index depends on a variable.</summary>
internal static class Affine
{
    /// <summary>The constant by which the index grows when the variable grows by 1, or null when there is none.</summary>
    public static long? Stride(Expr index, Var variable) => index switch
    {
        Var v => v == variable ? 1 : 0,
        IntConst => 0,
        Binary { Op: BinaryOp.Add } e => Stride(e.A, variable) + Stride(e.B, variable),
        Binary { Op: BinaryOp.Sub } e => Stride(e.A, variable) - Stride(e.B, variable),
        Binary { Op: BinaryOp.Mul, B: IntConst c } e => Stride(e.A, variable) * c.Value,
        Binary { Op: BinaryOp.Mul, A: IntConst c } e => Stride(e.B, variable) * c.Value,
        _ => index.Uses(variable) ? null : 0,
    };

    /// <summary>
    /// Whether vectors along the variable read memory well: most loads are of consecutive elements or do not depend on it.
    /// </summary>
    public static bool VectorsRunAlong(Expr element, Var variable)
    {
        int good = 0, bad = 0;
        foreach (var load in element.Descendants().OfType<Load>())
        {
            bool scattered = load.Indices.SkipLast(1).Any(i => i.Uses(variable))
                || (load.Indices.Count > 0 && Stride(load.Indices[^1], variable) is not (0 or 1));
            if (scattered)
                bad++;
            else
                good++;
        }
        return bad == 0 || good > bad;
    }
}
