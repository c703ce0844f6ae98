using Lathe.Tensors;

namespace Lathe.Loops.Passes;

/// <summary>
/// Moves arithmetic on f16 and bf16, which are for storage only, to f32: loads are converted, casts to a half-width type
/// round and convert back, and constants are taken as they are.
/// </summary>
public static class PromoteHalf
{
    /// <summary>The expression in f32 where it was of a half-width type; a plain load stays one.</summary>
    public static Expr Run(Expr expr) => expr is Load load ? WithIndices(load) : Promote(expr);

    private static Expr Promote(Expr expr) => expr.Rewrite(e => e switch
    {
        Load { Element.IsHalf: true } load => Build.Cast(DType.Float32, WithIndices(load)),
        FloatConst { Of.IsHalf: true } constant => new FloatConst(constant.Value, DType.Float32),
        Var { Element.IsHalf: true } variable => Promoted(variable),
        Cast { To.IsHalf: true } cast => Build.Cast(DType.Float32, Build.Cast(cast.To, Promote(cast.A))),
        Let { Name.Element.IsHalf: true } let => new Let(Promoted(let.Name), Promote(let.Value), Promote(let.Body)),
        _ => null,
    });

    private static Load WithIndices(Load load) => load with { Indices = load.Indices.Select(Promote).ToEquatableArray() };

    private static Var Promoted(Var variable) => variable with { Of = variable.Of.WithElement(DType.Float32) };
}
