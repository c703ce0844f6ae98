using System.Globalization;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Targets.Llvm;

/// <summary>An operand in LLVM IR: a register or a constant, with its type in the loop language.</summary>
/// <param name="Text">As IR writes it.</param>
/// <param name="IsIndex">Computed from loop variables and constants alone, so that it cannot overflow.</param>
/// <param name="IsNonNegative">Known not to be negative.</param>
internal readonly record struct IrValue(string Text, ExprType Type, bool IsIndex = false, bool IsNonNegative = false)
{
    public DType Element => Type.Element;

    public int Lanes => Type.Lanes;

    /// <summary>As an argument is written: <c>i64 %i</c>.</summary>
    public string Typed => $"{IrType.Of(Type)} {Text}";

    /// <summary>The value of a scalar integer constant.</summary>
    public long? Literal =>
        Lanes == 1 && Element.IsInteger && long.TryParse(Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            ? value
            : null;

    public bool IsConstant => Text[0] is not ('%' or '@');

    public static IrValue Integer(long value, DType type = DType.Int64) =>
        new(value.ToString(CultureInfo.InvariantCulture), new ExprType(type), true, value >= 0);
}
