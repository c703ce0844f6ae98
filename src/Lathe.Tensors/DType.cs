namespace Lathe.Tensors;

/// <summary>The element types that tensors hold. Each has a fixed size in bytes and little-endian storage.</summary>
public enum DType : byte
{
    Bool, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float16, BFloat16, Float32, Float64,
}

/// <summary>Facts about element types, and their short names in text forms (<c>f32</c>, <c>i8</c>, <c>bool</c>).</summary>
public static class DTypes
{
    private static readonly string[] Names =
        ["bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f16", "bf16", "f32", "f64"];

    public static IReadOnlyList<DType> All { get; } = Enum.GetValues<DType>();

    extension(DType type)
    {
        /// <summary>The short name of text forms; unique, and what <see cref="TryParse"/> reads.</summary>
        public string Name => Names[(int)type];

        /// <summary>Bytes of an element.</summary>
        public int Size => type switch
        {
            DType.Bool or DType.Int8 or DType.UInt8 => 1,
            DType.Int16 or DType.UInt16 or DType.Float16 or DType.BFloat16 => 2,
            DType.Int32 or DType.UInt32 or DType.Float32 => 4,
            _ => 8,
        };

        public bool IsFloat => type >= DType.Float16;

        public bool IsInteger => type is > DType.Bool and < DType.Float16;

        public bool IsSigned => type is (>= DType.Int8 and <= DType.Int64) or >= DType.Float16;

        public bool IsUnsigned => type is >= DType.UInt8 and <= DType.UInt64;

        /// <summary>Half-width floats are storage types: arithmetic on them happens in float32.</summary>
        public bool IsHalf => type is DType.Float16 or DType.BFloat16;
    }

    public static bool TryParse(string name, out DType type)
    {
        int i = Array.IndexOf(Names, name);
        type = i < 0 ? default : (DType)i;
        return i >= 0;
    }

    /// <summary>The element type whose .NET representation is <typeparamref name="T"/> (bfloat16 has none and is stored as raw bits).</summary>
    public static DType Of<T>() where T : unmanaged => default(T) switch
    {
        bool => DType.Bool,
        sbyte => DType.Int8,
        short => DType.Int16,
        int => DType.Int32,
        long => DType.Int64,
        byte => DType.UInt8,
        ushort => DType.UInt16,
        uint => DType.UInt32,
        ulong => DType.UInt64,
        Half => DType.Float16,
        float => DType.Float32,
        double => DType.Float64,
        _ => throw new ArgumentException($"{typeof(T)} is not an element type"),
    };
}
