using System.Runtime.Intrinsics;
using Lathe.Tensors;

namespace Lathe.Loops.Managed;

/// <summary>
/// Which statements compile to vector instructions: those over float32, int32 and masks in 4, 8 or 16 lanes that the
/// processor has, whose memory accesses are consecutive. The others run lane by lane, see <see cref="Passes.Scalarize"/>.
/// </summary>
internal static class VectorSupport
{
    public static bool Handles(Stmt s) => s is Store { Indices: var indices, Value: var value } st && Build.LanesOf(indices) > 1
        ? Register(st.Buffer.Element, value.Lanes) && st.Buffer.Element != DType.Bool && IsConsecutive(indices) && Handles(value)
        : s.Expressions.All(Handles);

    private static bool Handles(Expr e)
    {
        if (e is Horizontal h)
            return Register(h.Element, h.A.Lanes) && h.Element != DType.Bool && Handles(h.A);
        if (e.Lanes == 1)
            return e is not (Dot4 or Pack) && e.Children.All(Handles);
        return Register(e.Element, e.Lanes) && e switch
        {
            // A mask that has to go through memory has no vector form there.
            Var => e.Element != DType.Bool,
            Load l => l.Element != DType.Bool && IsConsecutive(l.Indices),
            Broadcast b => Handles(b.A),
            Ramp => false,
            Unary u => Has(u.Op, u.Element) && Handles(u.A),
            Binary { Op: BinaryOp.Shl or BinaryOp.Shr } b => b.Element == DType.Int32 && Handles(b.A) && b.B is Broadcast { A: IntConst { Value: >= 0 and < 32 } },
            Binary b => Has(b.Op, b.Element) && Handles(b.A) && Handles(b.B),
            Compare c => c.A.Element != DType.Bool && Handles(c.A) && Handles(c.B),
            Call c => c.Element == DType.Float32 && c.Function != Intrinsic.Pow && c.Arguments.All(Handles),
            Cast c => c is { To: DType.Float32, A.Element: DType.Int32 } or { To: DType.Int32, A.Element: DType.Float32 } && Handles(c.A),
            Horizontal or Shuffle or Dot4 or FloorFma or Pack => false,
            _ => e.Children.All(Handles),
        };
    }

    private static bool Has(UnaryOp op, DType type) => type switch
    {
        DType.Float32 => op != UnaryOp.Not,
        DType.Int32 => op is UnaryOp.Neg or UnaryOp.Not or UnaryOp.Abs,
        _ => op == UnaryOp.Not,
    };

    private static bool Has(BinaryOp op, DType type) => type switch
    {
        DType.Float32 => op is BinaryOp.Add or BinaryOp.Sub or BinaryOp.Mul or BinaryOp.Div or BinaryOp.Min or BinaryOp.Max,
        DType.Int32 => op is BinaryOp.Add or BinaryOp.Sub or BinaryOp.Mul or BinaryOp.Min or BinaryOp.Max or BinaryOp.And or BinaryOp.Or or BinaryOp.Xor,
        _ => op is BinaryOp.And or BinaryOp.Or or BinaryOp.Xor,
    };

    private static bool Register(DType element, int lanes) => element is DType.Float32 or DType.Int32 or DType.Bool && lanes switch
    {
        4 => Vector128.IsHardwareAccelerated,
        8 => Vector256.IsHardwareAccelerated,
        16 => Vector512.IsHardwareAccelerated,
        _ => false,
    };

    /// <summary>Scalars and, last, a ramp of stride 1.</summary>
    private static bool IsConsecutive(EquatableArray<Expr> indices) =>
        indices.Count > 0 && indices[^1] is Ramp { Base: var start, Stride: IntConst { Value: 1 } }
        && Handles(start) && indices.SkipLast(1).All(i => i.Lanes == 1 && Handles(i));
}
