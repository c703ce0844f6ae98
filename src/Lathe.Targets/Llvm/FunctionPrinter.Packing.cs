using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Targets.Llvm;

internal sealed partial class FunctionPrinter
{
    /// <summary>Rounding towards minus infinity, and no exceptions, as AVX-512's instructions are told.</summary>
    private const int Down = 9;

    private const int FloorLanes = 16;

    private IrValue FloorFma(IrValue a, IrValue b, IrValue c)
    {
        if (!Facts.FloorsFma || a.Lanes is 1 or > FloorLanes)
            return FloorInDouble(a, b, c);
        if (a.Lanes < FloorLanes)
        {
            int lanes = a.Lanes;
            int[] picks = [.. Enumerable.Range(0, FloorLanes).Select(i => Math.Min(i, lanes))];
            IrValue Widened(IrValue x) => Shuffle(x, x with { Text = "poison" }, picks);
            return Half(FloorFma(Widened(a), Widened(b), Widened(c)), 0, lanes);
        }
        var to = a.Type.WithElement(DType.Int32);
        var (floats, ints) = (IrType.Of(a.Type), IrType.Of(to));
        string fma = _module.Declare("llvm.x86.avx512.vfmadd.ps.512", floats, floats, floats, floats, "i32");
        string convert = _module.Declare("llvm.x86.avx512.mask.cvtps2dq.512", ints, floats, ints, "i16", "i32");
        var sum = Op(a.Type, $"call {floats} @{fma}({a.Typed}, {b.Typed}, {c.Typed}, i32 {Down})");
        return Op(to, $"call {ints} @{convert}({sum.Typed}, {ints} poison, i16 -1, i32 {Down})");
    }

    /// <summary>A product of floats is a double. What the sum loses is known exactly (two-sum), and tells whether a whole sum was rounded up to.</summary>
    private IrValue FloorInDouble(IrValue a, IrValue b, IrValue c)
    {
        var (wide, to, flag) = (a.Type.WithElement(DType.Float64), a.Type.WithElement(DType.Int32), a.Type.WithElement(DType.Bool));
        var (product, addend) = (Op2("fmul", Convert(a, DType.Float64), Convert(b, DType.Float64)), Convert(c, DType.Float64));
        var sum = Op2("fadd", product, addend);
        var taken = Op2("fsub", sum, product);
        var lost = Op2("fadd", Op2("fsub", product, Op2("fsub", sum, taken)), Op2("fsub", addend, taken));
        var floor = Round(UnaryOp.Floor, sum);
        var isAbove = Op2("and", Op(flag, $"fcmp oeq {floor.Typed}, {sum.Text}"), Op(flag, $"fcmp olt {lost.Typed}, {Constant(0, wide).Text}"));
        floor = Choose(isAbove, Op2("fsub", floor, Constant(1, wide)), floor);
        var near = Convert(floor, DType.Float32);
        var bits = Reinterpret(near, DType.Int32);
        var below = Reinterpret(Op2("add", bits, Choose(Op(flag, $"icmp slt {bits.Typed}, {Bits(0, to).Text}"), Bits(1, to), Bits(-1, to))), DType.Float32);
        var whole = Choose(Op(flag, $"fcmp ogt {Convert(near, DType.Float64).Typed}, {floor.Text}"), below, near);
        var fits = Op2("and", Op(flag, $"fcmp oge {whole.Typed}, {Constant(int.MinValue, a.Type).Text}"), Op(flag, $"fcmp olt {whole.Typed}, {Constant(-(double)int.MinValue, a.Type).Text}"));
        return Convert(Choose(fits, whole, Constant(int.MinValue, a.Type)), DType.Int32);
    }

    /// <summary>x86 packs pairs of vectors twice, within 16 bytes each; others narrow each vector and then weave.</summary>
    private IrValue Pack(DType to, IrValue[] vectors)
    {
        int lanes = vectors[0].Lanes;
        if (Facts.Dot is DotInstruction.Pairs or DotInstruction.Vnni && lanes is 4 or 8 or 16 && 4 * lanes <= Facts.DotBytes)
            return PackTwice(to, vectors);
        var type = new ExprType(to, lanes);
        long low = to == DType.UInt8 ? byte.MinValue : sbyte.MinValue, high = to == DType.UInt8 ? byte.MaxValue : sbyte.MaxValue;
        IrValue[] bytes = [.. vectors.Select(v => Convert(IntegerBinary(BinaryOp.Min, IntegerBinary(BinaryOp.Max, v, Bits(low, v.Type)), Bits(high, v.Type)), to) with { Type = type })];
        int[] both = [.. Enumerable.Range(0, 2 * lanes)];
        return Shuffle(Shuffle(bytes[0], bytes[1], both), Shuffle(bytes[2], bytes[3], both), [.. Enumerable.Range(0, lanes / Loops.Pack.Block).SelectMany(block =>
            Enumerable.Range(0, Loops.Pack.Vectors).SelectMany(v => Enumerable.Range((v * lanes) + (block * Loops.Pack.Block), Loops.Pack.Block)))]);
    }

    private IrValue PackTwice(DType to, IrValue[] vectors)
    {
        int lanes = vectors[0].Lanes;
        var (words, bytes) = (new ExprType(DType.Int16, 2 * lanes), new ExprType(to, 4 * lanes));
        string sign = to == DType.UInt8 ? "us" : "ss";
        string Name(string op) => lanes switch { 4 => $"llvm.x86.sse2.{op}.128", 8 => $"llvm.x86.avx2.{op}", _ => $"llvm.x86.avx512.{op}.512" };
        IrValue Packed(string op, ExprType type, IrValue a, IrValue b)
        {
            string name = _module.Declare(Name(op), IrType.Of(type), IrType.Of(a.Type), IrType.Of(a.Type));
            return Op(type, $"call {IrType.Of(type)} @{name}({a.Typed}, {b.Typed})");
        }
        return Packed($"pack{sign}wb", bytes, Packed("packssdw", words, vectors[0], vectors[1]), Packed("packssdw", words, vectors[2], vectors[3]));
    }
}
