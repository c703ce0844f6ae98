using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// (((x * multiplier + <paramref name="Nudge"/>) >> <paramref name="Drop"/>) + addend) >> shift, as i32: <see cref="FixedPointScale"/> in the form that takes the
/// fewest instructions of vectors. With <paramref name="Away"/>, 1 is taken off negative products before the addend is added. Inputs, all i32: x, multiplier, addend
/// and shift, which broadcast to x. The product and its nudge are of 64 bits; what is left of them and the sum with the addend have to fit i32: else they wrap.
/// </summary>
public sealed record ShiftedProduct(long Nudge, int Drop, bool Away) : ElementwiseOp
{
    public override int Arity => 4;

    public override Expr Apply(IReadOnlyList<Expr> inputs, DType output)
    {
        var product = Build.Cast(DType.Int64, inputs[0]) * Build.Cast(DType.Int64, inputs[1]);
        var scaled = Build.Cast(output, Build.Binary(BinaryOp.Shr, product + Nudge, Drop));
        if (!Away)
            return Build.Binary(BinaryOp.Shr, scaled + inputs[2], inputs[3]);
        var high = new Var("high", scaled.Type);
        return new Let(high, scaled, Build.Binary(BinaryOp.Shr, high + Build.Binary(BinaryOp.Shr, high, Build.Int(31, output)) + inputs[2], inputs[3]));
    }

    public override DType InferElement(IReadOnlyList<DType> inputs) =>
        Drop is < 0 or > 63 ? throw new ModelException("LATHE2003", $"{Name} cannot drop {Drop} bits")
        : inputs.All(i => i == DType.Int32) ? DType.Int32
        : throw new ModelException("LATHE2003", $"{Name} takes i32 and was given {string.Join(", ", inputs.Select(t => t.Name))}");
}
