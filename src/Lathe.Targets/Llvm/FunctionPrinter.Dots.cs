using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Targets.Llvm;

internal sealed partial class FunctionPrinter
{
    /// <summary>Sums of four products of bytes, by the widest instruction that there is for so many lanes.</summary>
    private IrValue Dot(IrValue sum, IrValue data, IrValue weights)
    {
        var words = Words(data);
        var operand = words.Lanes == 1 ? Spread(words, sum.Lanes) : words;
        return Dot(sum, operand, Words(weights), data.Element.IsSigned);
    }

    /// <summary>Bytes as i32, four in a word.</summary>
    private IrValue Words(IrValue bytes)
    {
        var type = new ExprType(DType.Int32, bytes.Lanes / Dot4.Width);
        return Op(type, $"bitcast {bytes.Typed} to {IrType.Of(type)}");
    }

    private IrValue Dot(IrValue sum, IrValue data, IrValue weights, bool signed)
    {
        int most = Math.Max(Facts.DotBytes / Dot4.Width, Dot4.Width);
        if (sum.Lanes > most && int.IsPow2(sum.Lanes))
        {
            var parts = Enumerable.Range(0, sum.Lanes / most)
                .Select(i => Dot(Half(sum, i * most, most), Half(data, i * most, most), Half(weights, i * most, most), signed)).ToList();
            while (parts.Count > 1)
                parts = [.. parts.Chunk(2).Select(p => p.Length == 1 ? p[0] : Shuffle(p[0], p[1], [.. Enumerable.Range(0, 2 * p[0].Lanes)]))];
            return parts[0];
        }
        return sum.Lanes is not (4 or 8 or 16) ? PlainDot(sum, data, weights, signed) : Facts.Dot switch
        {
            DotInstruction.Vnni => Vnni(sum, data, weights, signed),
            DotInstruction.Pairs => Pairs(sum, data, weights, signed),
            DotInstruction.Signed => NeonDot(sum, data, weights, signed),
            _ => PlainDot(sum, data, weights, signed),
        };
    }

    /// <summary>Signed data are moved by 128 to be unsigned, and what that adds is taken off again.</summary>
    private IrValue Vnni(IrValue sum, IrValue data, IrValue weights, bool signed)
    {
        string type = IrType.Of(sum.Type);
        string name = _module.Declare($"llvm.x86.avx512.vpdpbusd.{32 * sum.Lanes}", type, type, type, type);
        IrValue Products(IrValue onto, IrValue x) => Op(sum.Type, $"call {type} @{name}({onto.Typed}, {x.Typed}, {weights.Typed})");
        if (!signed)
            return Products(sum, data);
        var moved = Products(Bits(0, sum.Type), Bits(unchecked((int)0x80808080), sum.Type));
        return Op2("sub", Products(sum, Op2("xor", data, Bits(unchecked((int)0x80808080), sum.Type))), moved);
    }

    /// <summary>Products of the even and the odd bytes, as i16: no pair of them exceeds i32, whereas pmaddubsw saturates.</summary>
    private IrValue Pairs(IrValue sum, IrValue data, IrValue weights, bool signed)
    {
        var halves = new ExprType(DType.Int16, 2 * sum.Lanes);
        var (type, pair) = (IrType.Of(sum.Type), IrType.Of(halves));
        string name = _module.Declare(sum.Lanes switch { 4 => "llvm.x86.sse2.pmadd.wd", 8 => "llvm.x86.avx2.pmadd.wd", _ => "llvm.x86.avx512.pmaddw.d.512" }, type, pair, pair);
        IrValue Halves(IrValue words) => Op(halves, $"bitcast {words.Typed} to {pair}");
        IrValue Even(IrValue x, bool isSigned) => isSigned ? Op2("ashr", Op2("shl", x, Bits(8, halves)), Bits(8, halves)) : Op2("and", x, Bits(255, halves));
        IrValue Odd(IrValue x, bool isSigned) => Op2(isSigned ? "ashr" : "lshr", x, Bits(8, halves));
        IrValue Products(IrValue x, IrValue w) => Op(sum.Type, $"call {type} @{name}({x.Typed}, {w.Typed})");
        var (x, w) = (Halves(data), Halves(weights));
        return Op2("add", Op2("add", sum, Products(Even(x, signed), Even(w, true))), Products(Odd(x, signed), Odd(w, true)));
    }

    private IrValue NeonDot(IrValue sum, IrValue data, IrValue weights, bool signed)
    {
        var bytes = new ExprType(DType.Int8, Dot4.Width * sum.Lanes);
        var (type, of) = (IrType.Of(sum.Type), IrType.Of(bytes));
        string name = _module.Declare($"llvm.aarch64.neon.sdot.{IrType.Suffix(sum.Type)}.{IrType.Suffix(bytes)}", type, type, of, of);
        IrValue Bytes(IrValue words) => Op(bytes, $"bitcast {words.Typed} to {of}");
        IrValue Products(IrValue onto, IrValue x) => Op(sum.Type, $"call {type} @{name}({onto.Typed}, {x.Typed}, {Bytes(weights).Typed})");
        if (signed)
            return Products(sum, Bytes(data));
        // 128 is no signed byte, so what unsigned data lost is given back by halves.
        var half = Products(Bits(0, sum.Type), Bits(64, bytes));
        var near = Products(sum, Bytes(Op2("xor", data, Bits(unchecked((int)0x80808080), sum.Type))));
        return Op2("add", near, Op2("add", half, half));
    }

    private IrValue PlainDot(IrValue sum, IrValue data, IrValue weights, bool signed)
    {
        IrValue Byte(IrValue words, int i, bool isSigned) => isSigned
            ? Op2("ashr", Op2("shl", words, Bits(24 - (8 * i), words.Type)), Bits(24, words.Type))
            : Op2("and", Op2("lshr", words, Bits(8 * i, words.Type)), Bits(255, words.Type));
        return Enumerable.Range(0, Dot4.Width).Aggregate(sum, (total, i) => Op2("add", total, Op2("mul", Byte(data, i, signed), Byte(weights, i, true))));
    }
}
