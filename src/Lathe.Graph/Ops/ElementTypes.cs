using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>Checks of element types; each gives the type back or throws a <see cref="ModelException"/>.</summary>
internal static class ElementTypes
{
    public static DType Number(Op op, DType type) => Check(type != DType.Bool, op, type, "numbers");

    public static DType Signed(Op op, DType type) => Check(type.IsSigned, op, type, "signed numbers");

    public static DType Integer(Op op, DType type) => Check(type.IsInteger, op, type, "integers");

    public static DType Unsigned(Op op, DType type) => Check(type.IsUnsigned, op, type, "unsigned integers");

    public static DType Bool(Op op, DType type) => Check(type == DType.Bool, op, type, "bools");

    public static DType Float(Op op, DType type) => Check(type.IsFloat, op, type, "floats");

    /// <summary>Throws unless an op has as many inputs as it takes.</summary>
    public static void Count(Op op, IReadOnlyList<TensorType> inputs, int atLeast, int? atMost = null)
    {
        if (inputs.Count >= atLeast && inputs.Count <= (atMost ?? atLeast))
            return;
        string takes = atMost is { } most && most != atLeast ? $"{atLeast} to {most}" : $"{atLeast}";
        throw new ModelException("LATHE2001", $"{op.Name} takes {takes} inputs and has {inputs.Count}");
    }

    /// <summary>Throws unless all inputs have the first one's element type.</summary>
    public static DType Same(params IEnumerable<TensorType> inputs)
    {
        var first = inputs.First().Element;
        return inputs.All(i => i.Element == first)
            ? first
            : throw new ModelException("LATHE2002", $"the inputs' element types differ: {string.Join(", ", inputs.Select(t => t.Element.Name))}");
    }

    /// <summary>A constant of the nearest value that the type has; NaN is 0 in integers.</summary>
    public static Expr Saturated(double value, DType type) => type switch
    {
        _ when type.IsFloat => Build.Const(value, type),
        DType.UInt64 => Build.Int(unchecked((long)(ulong)value), type),
        DType.Bool => Build.Bool(value != 0),
        _ => Build.Int(Math.Clamp((long)value, Low(type), High(type)), type),
    };

    private static long Low(DType type) => type.IsSigned ? long.MinValue >> (64 - (8 * type.Size)) : 0;

    private static long High(DType type) => type.IsSigned ? long.MaxValue >> (64 - (8 * type.Size)) : (1L << (8 * type.Size)) - 1;

    private static DType Check(bool ok, Op op, DType type, string takes) =>
        ok ? type : throw new ModelException("LATHE2003", $"{op.Name} takes {takes} and was given {type.Name}");
}
