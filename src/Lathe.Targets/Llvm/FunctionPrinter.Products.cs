using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Targets.Llvm;

internal sealed partial class FunctionPrinter
{
    /// <summary>
    /// The upper part of products of i32, <c>i32((i64(a) * i64(b) + c) >> 31)</c> or 32: x86 multiplies the even lanes and the odd ones, and halves of the products
    /// change places at last. Widened lane by lane they would first have to be spread over twice the registers. Null for other expressions and machines.
    /// </summary>
    private IrValue? HighProduct(Cast cast)
    {
        if (Facts.Dot is not (DotInstruction.Pairs or DotInstruction.Vnni) || !int.IsPow2(cast.Lanes)
            || cast.A is not Binary { Op: BinaryOp.Shr, B: Broadcast { A: IntConst { Value: (31 or 32) and var drop } } } shifted || shifted.Element != DType.Int64)
            return null;
        var (product, nudge) = shifted.A is Binary { Op: BinaryOp.Add, A: var sum, B: Broadcast { A: IntConst { Value: var added } } } ? (sum, added) : (shifted.A, 0);
        if (product is not Binary { Op: BinaryOp.Mul } multiply || Halves(multiply.A) is not { } a || Halves(multiply.B) is not { } b)
            return null;
        IrValue Moved(IrValue x) => nudge == 0 ? x : Op2("add", x, Bits(nudge, x.Type));
        IrValue even = Moved(Op2("mul", a.Even, b.Even)), odd = Moved(Op2("mul", a.Odd, b.Odd));
        if (drop == 31)
            (even, odd) = (Op2("lshr", even, Bits(31, even.Type)), Op2("shl", odd, Bits(1, odd.Type)));
        int first = drop == 31 ? 0 : 1, lanes = cast.Lanes;
        IrValue Lanes(IrValue x) => Op(cast.Type, $"bitcast {x.Typed} to {IrType.Of(cast.Type)}");
        return Shuffle(Lanes(even), Lanes(odd), [.. Enumerable.Range(0, lanes).Select(k => k % 2 == 0 ? k + first : lanes + k)]);
    }

    /// <summary>The even and the odd lanes of a vector of i32 as i64, or a constant as both.</summary>
    private (IrValue Even, IrValue Odd)? Halves(Expr wide)
    {
        var type = new ExprType(DType.Int64, wide.Lanes / 2);
        if (wide is Broadcast { A: IntConst { Value: >= int.MinValue and <= int.MaxValue } number })
            return (Bits(number.Value, type), Bits(number.Value, type));
        if (wide is not Cast { To: DType.Int64, A: { Element: DType.Int32 } narrow })
            return null;
        var pairs = Op(type, $"bitcast {Emit(narrow).Typed} to {IrType.Of(type)}");
        return (Op2("ashr", Op2("shl", pairs, Bits(32, type)), Bits(32, type)), Op2("ashr", pairs, Bits(32, type)));
    }
}
