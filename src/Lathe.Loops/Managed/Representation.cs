using System.Linq.Expressions;
using System.Reflection;
using Lathe.Tensors;
using E = System.Linq.Expressions.Expression;

namespace Lathe.Loops.Managed;

/// <summary>
/// How element types appear in compiled code: bool as itself, integers of up to 16 bits as a normalized <see cref="int"/>,
/// the halves as a <see cref="float"/> that one of them can hold, the others as themselves.
/// </summary>
internal static class Representation
{
    public static Type Of(DType type) => type switch
    {
        DType.Bool => typeof(bool),
        DType.Int8 or DType.Int16 or DType.Int32 or DType.UInt8 or DType.UInt16 => typeof(int),
        DType.UInt32 => typeof(uint),
        DType.Int64 => typeof(long),
        DType.UInt64 => typeof(ulong),
        DType.Float64 => typeof(double),
        _ => typeof(float),
    };

    public static ConstantExpression Constant(long value, DType type)
    {
        long wrapped = Build.Wrap(value, type);
        return type switch
        {
            DType.Bool => E.Constant(wrapped != 0),
            DType.Int64 => E.Constant(wrapped),
            DType.UInt32 => E.Constant((uint)wrapped),
            DType.UInt64 => E.Constant(unchecked((ulong)wrapped)),
            _ when type.IsFloat => Constant((double)value, type),
            _ => E.Constant((int)wrapped),
        };
    }

    public static ConstantExpression Constant(double value, DType type) => type switch
    {
        DType.Float64 => E.Constant(value),
        DType.Float32 => E.Constant((float)value),
        DType.Float16 => E.Constant((float)(Half)value),
        DType.BFloat16 => E.Constant(Conversions.RoundBFloat16((float)value)),
        _ => Constant((long)value, type),
    };

    /// <summary>Brings the result of an operation back into the type: narrow integers wrap, halves round.</summary>
    public static E Normalize(E value, DType type) => type switch
    {
        DType.Int8 => E.Convert(E.Convert(value, typeof(sbyte)), typeof(int)),
        DType.Int16 => E.Convert(E.Convert(value, typeof(short)), typeof(int)),
        DType.UInt8 => E.Convert(E.Convert(value, typeof(byte)), typeof(int)),
        DType.UInt16 => E.Convert(E.Convert(value, typeof(ushort)), typeof(int)),
        DType.Float16 => E.Call(Method(typeof(Conversions), nameof(Conversions.RoundFloat16), typeof(float)), value),
        DType.BFloat16 => E.Call(Method(typeof(Conversions), nameof(Conversions.RoundBFloat16), typeof(float)), value),
        _ => value,
    };

    public static E Convert(E value, DType from, DType to)
    {
        if (from == to)
            return value;
        if (to == DType.Bool)
            return E.NotEqual(value, from.IsFloat ? Constant(0.0, from) : Constant(0, from));
        if (from == DType.Bool)
            return E.Condition(value, Constant(1.0, to), Constant(0.0, to));
        if (!to.IsFloat)
            return from.IsFloat ? Saturate(value, to) : Wrap(value, to);
        var target = Of(to);
        if (from == DType.UInt64)
            value = E.Call(Method(typeof(Conversions), to == DType.Float64 ? nameof(Conversions.ToFloat64) : nameof(Conversions.ToFloat32), typeof(ulong)), value);
        // Expression trees convert unsigned integers to floats in two steps, which would round twice.
        else if (from == DType.UInt32)
            value = E.Convert(E.Convert(value, typeof(long)), target);
        else if (value.Type != target)
            value = E.Convert(value, target);
        return Normalize(value, to);
    }

    public static E Bitcast(E value, DType from, DType to)
    {
        if (from == to)
            return value;
        E bits = from switch
        {
            _ when from.IsFloat => E.Call(Method(typeof(Conversions), $"BitsOf{from}", Of(from)), value),
            DType.Bool => E.Condition(value, E.Constant(1L), E.Constant(0L)),
            _ => E.Convert(value, typeof(long)),
        };
        return to switch
        {
            _ when to.IsFloat => E.Call(Method(typeof(Conversions), $"{to}OfBits", typeof(long)), bits),
            DType.Bool => E.NotEqual(bits, E.Constant(0L)),
            _ => Wrap(bits, to),
        };
    }

    public static E Load(DType type, E address, E index) =>
        E.Call(Method(typeof(Memory), $"Load{type}", typeof(long), typeof(long)), address, index);

    public static E Store(DType type, E address, E index, E value) =>
        E.Call(Method(typeof(Memory), $"Store{type}", typeof(long), typeof(long), Of(type)), address, index, value);

    public static MethodInfo Method(Type owner, string name, params Type[] parameters) =>
        owner.GetMethod(name, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic, parameters)
        ?? throw new InternalException("LATHE4303", $"{owner.Name} has no method {name}({string.Join(", ", parameters.Select(p => p.Name))})");

    private static E Wrap(E value, DType to) => Normalize(value.Type == Of(to) ? value : E.Convert(value, Of(to)), to);

    private static E Saturate(E value, DType to) =>
        E.Call(Method(typeof(Conversions), $"To{to}", typeof(double)), value.Type == typeof(double) ? value : E.Convert(value, typeof(double)));
}
