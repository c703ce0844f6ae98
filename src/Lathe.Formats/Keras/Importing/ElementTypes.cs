using Lathe.Tensors;

namespace Lathe.Formats.Keras.Importing;

/// <summary>Element types by TensorFlow's names.</summary>
internal static class ElementTypes
{
    private static readonly Dictionary<string, DType> ByName = new()
    {
        ["bool"] = DType.Bool,
        ["int8"] = DType.Int8,
        ["int16"] = DType.Int16,
        ["int32"] = DType.Int32,
        ["int64"] = DType.Int64,
        ["uint8"] = DType.UInt8,
        ["uint16"] = DType.UInt16,
        ["uint32"] = DType.UInt32,
        ["uint64"] = DType.UInt64,
        ["float16"] = DType.Float16,
        ["half"] = DType.Float16,
        ["bfloat16"] = DType.BFloat16,
        ["float32"] = DType.Float32,
        ["float64"] = DType.Float64,
        ["double"] = DType.Float64,
    };

    public static DType Read(string name) => ByName.TryGetValue(name, out var type)
        ? type
        : throw new UnsupportedException("LATHE3439", $"tensors of {name} are not supported");
}
