using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Reading;

/// <summary>TensorFlow's element types by their numbers in files; references to a type are 100 more.</summary>
internal enum DataType
{
    Unknown = 0, Float = 1, Double = 2, Int32 = 3, UInt8 = 4, Int16 = 5, Int8 = 6, String = 7, Complex64 = 8, Int64 = 9, Bool = 10, QInt8 = 11, QUInt8 = 12, QInt32 = 13,
    BFloat16 = 14, QInt16 = 15, QUInt16 = 16, UInt16 = 17, Complex128 = 18, Half = 19, Resource = 20, Variant = 21, UInt32 = 22, UInt64 = 23,
}

/// <summary>Lathe's element types for TensorFlow's.</summary>
internal static class DataTypes
{
    private const int Reference = 100;

    /// <summary>The type without "reference to".</summary>
    public static DataType Of(int number) => (DataType)(number > Reference ? number - Reference : number);

    /// <summary>The type of a name as DT_FLOAT, or DT_FLOAT_REF.</summary>
    public static bool TryName(string name, out DataType type)
    {
        type = default;
        return name.StartsWith("DT_", StringComparison.Ordinal)
            && Enum.TryParse(name.EndsWith("_REF", StringComparison.Ordinal) ? name[3..^4] : name[3..], ignoreCase: true, out type) && Enum.IsDefined(type);
    }

    public static bool TryElement(DataType type, out DType element)
    {
        DType? found = type switch
        {
            DataType.Float => DType.Float32,
            DataType.Double => DType.Float64,
            DataType.Int32 or DataType.QInt32 => DType.Int32,
            DataType.UInt8 or DataType.QUInt8 => DType.UInt8,
            DataType.Int16 or DataType.QInt16 => DType.Int16,
            DataType.Int8 or DataType.QInt8 => DType.Int8,
            DataType.Int64 => DType.Int64,
            DataType.Bool => DType.Bool,
            DataType.BFloat16 => DType.BFloat16,
            DataType.UInt16 or DataType.QUInt16 => DType.UInt16,
            DataType.Half => DType.Float16,
            DataType.UInt32 => DType.UInt32,
            DataType.UInt64 => DType.UInt64,
            _ => null,
        };
        element = found ?? default;
        return found is not null;
    }

    /// <summary>The element type; throws an <see cref="UnsupportedException"/> for those that Lathe has not.</summary>
    public static DType Element(DataType type) => TryElement(type, out var element)
        ? element
        : Enum.IsDefined(type)
            ? throw new UnsupportedException("LATHE3502", $"values of the type {type.ToString().ToLowerInvariant()} are not supported")
            : throw new ModelException("LATHE3503", $"there is no element type {(int)type}");
}
