using Lathe.Tensors;

namespace Lathe.Formats.Keras.Reading.Hdf5;

/// <summary>What the elements of an attribute or dataset are.</summary>
/// <param name="Kind">Numbers, text in place, text in a heap, or bytes without a meaning.</param>
/// <param name="Size">Bytes of an element.</param>
/// <param name="Element">The element type of numbers.</param>
internal sealed record Datatype(ElementKind Kind, int Size, DType Element = default, bool IsBigEndian = false)
{
    public static Datatype Read(Hdf5Format format, Cursor cursor, int depth = 0)
    {
        byte head = cursor.Byte();
        int kind = head & 15;
        var bits = (int)cursor.Number(3);
        uint size = cursor.UInt32();
        if (size == 0 || size > int.MaxValue)
            throw format.Bytes.Damaged($"has elements of {size} bytes");
        bool bigEndian = (bits & 1) != 0;
        switch (kind)
        {
            case 0:
                bool signed = (bits & 8) != 0;
                Whole(cursor, size);
                return new(ElementKind.Number, (int)size, IntegerOf(), bigEndian);
                DType IntegerOf() => (size, signed) switch
                {
                    (1, true) => DType.Int8,
                    (1, false) => DType.UInt8,
                    (2, true) => DType.Int16,
                    (2, false) => DType.UInt16,
                    (4, true) => DType.Int32,
                    (4, false) => DType.UInt32,
                    (8, true) => DType.Int64,
                    (8, false) => DType.UInt64,
                    _ => throw format.Bytes.Unsupported($"integers of {size} bytes"),
                };
            case 1:
                Whole(cursor, size);
                cursor.Skip(1);
                int exponent = cursor.Byte();
                cursor.Skip(1);
                int mantissa = cursor.Byte();
                return new(ElementKind.Number, (int)size, FloatOf(), bigEndian);
                DType FloatOf() => (size, exponent, mantissa) switch
                {
                    (2, 5, 10) => DType.Float16,
                    (2, 8, 7) => DType.BFloat16,
                    (4, 8, 23) => DType.Float32,
                    (8, 11, 52) => DType.Float64,
                    _ => throw format.Bytes.Unsupported($"floats of {size} bytes with {exponent} bits of exponent"),
                };
            case 3:
                return new(ElementKind.Text, (int)size);
            case 5:
                return new(ElementKind.Opaque, (int)size);
            case 8 when depth == 0:
                // NumPy's booleans are an enumeration of bytes.
                var numbers = Read(format, cursor, depth + 1);
                return numbers.Kind == ElementKind.Number && numbers.Size == size
                    ? numbers
                    : throw format.Bytes.Damaged("has an enumeration that is not of numbers");
            case 9 when (bits & 15) == 1:
                return size == 8 + format.OffsetSize
                    ? new(ElementKind.HeapText, (int)size)
                    : throw format.Bytes.Damaged($"has references to text of {size} bytes");
            default:
                throw format.Bytes.Unsupported($"elements of class {kind}");
        }

        void Whole(Cursor properties, uint bytes)
        {
            int offset = properties.UInt16(), precision = properties.UInt16();
            if (offset != 0 || precision != bytes * 8)
                throw format.Bytes.Unsupported($"numbers of {precision} bits in {bytes} bytes");
        }
    }
}

internal enum ElementKind
{
    Number, Text, HeapText, Opaque,
}
