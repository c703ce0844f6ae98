using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>
/// For targets without f16 and bf16: buffers of them become buffers of u16 with the same bytes, and casts become integer arithmetic. Casts
/// between a half and another type go through f32.
/// </summary>
public static class ExpandHalfCasts
{
    public static Kernel Run(Kernel kernel)
    {
        var pass = new Pass(new FreshNames(kernel));
        return new Kernel(
            kernel.Name,
            kernel.Inputs.Select(Bits).ToEquatableArray(),
            kernel.Outputs.Select(Bits).ToEquatableArray(),
            kernel.Scratch.Select(Bits).ToEquatableArray(),
            pass.Run(kernel.Body));
    }

    private static Buffer Bits(Buffer buffer) => buffer.Element.IsHalf ? buffer with { Element = DType.UInt16 } : buffer;

    private static Var Bits(Var half) => half with { Of = half.Of.WithElement(DType.UInt16) };

    private sealed class Pass(FreshNames names)
    {
        public Stmt Run(Stmt stmt) => stmt.Rewrite(
            s => s switch
            {
                Store { Buffer.Element.IsHalf: true } store => Bits(store.Buffer).Store(store.Indices.Select(Run), Run(store.Value)),
                Allocate { Buffer.Element.IsHalf: true } allocate => new Allocate(Bits(allocate.Buffer), Run(allocate.Body)),
                LetStmt { Var.Element.IsHalf: true } let => new LetStmt(Bits(let.Var), Run(let.Value), Run(let.Body)),
                _ => null,
            },
            Replacement);

        private Expr Run(Expr expr) => expr.Rewrite(Replacement);

        private Expr? Replacement(Expr expr) => expr switch
        {
            FloatConst { Of.IsHalf: true } c => new IntConst(HalfBits.OfConstant(c.Value, c.Of), DType.UInt16),
            Var { Element.IsHalf: true } v => Bits(v),
            Let { Name.Element.IsHalf: true } l => new Let(Bits(l.Name), Run(l.Value), Run(l.Body)),
            Load { Element: { IsHalf: true } } l => Bits(l.Buffer)[l.Indices.Select(Run)],
            Cast c when c.To == c.A.Element => Run(c.A),
            Cast { To.IsHalf: true } c => Narrow(c.A, c.To),
            Cast { A.Element.IsHalf: true } c => Build.Cast(c.To, Widen(c.A)),
            Bitcast { To.IsHalf: true } b => ToUnsigned(b.A),
            Bitcast { A.Element.IsHalf: true } b => b.To == DType.UInt16 ? Run(b.A) : new Bitcast(b.To, Run(b.A)),
            _ => null,
        };

        private Expr ToUnsigned(Expr a) => a.Element.IsHalf || a.Element == DType.UInt16 ? Run(a) : new Bitcast(DType.UInt16, Run(a));

        private Expr Widen(Expr half)
        {
            var code = new FloatCode(DType.Float32, names);
            return code.Close(HalfBits.ToSingle(code, Run(half), half.Element));
        }

        private Expr Narrow(Expr a, DType to)
        {
            var code = new FloatCode(DType.Float32, names);
            var single = a.Element.IsHalf ? Widen(a) : Build.Cast(DType.Float32, Run(a));
            return code.Close(HalfBits.FromSingle(code, single, to));
        }
    }
}
