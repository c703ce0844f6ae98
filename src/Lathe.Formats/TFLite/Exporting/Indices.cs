using Lathe.Formats.TFLite.Writing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using static Lathe.Formats.TFLite.Reading.BuiltinOperator;

namespace Lathe.Formats.TFLite.Exporting;

/// <summary>
/// Indices as TFLite takes them: i32 or i64, and never below 0, since its kernels read what lies before the tensor then. Known ones are brought into range at
/// once, others by a remainder.
/// </summary>
internal static class Indices
{
    /// <summary>The element type that indices have once they are written.</summary>
    public static DType TypeOf(DType type) => type == DType.Int64 ? DType.Int64 : DType.Int32;

    /// <summary>Indices along one axis.</summary>
    public static int Along(NodeExport n, int input, long extent)
    {
        if (n.ConstantOf(input) is { } known)
            return n.Constant("indices", Mapped(known, (_, i) => Within(i, extent)));
        var (value, type) = (n.Node.Inputs[input], n.Type(input).WithElement(TypeOf(n.Type(input).Element)));
        int wide = n.Cast(n.In(input), n.Type(input), type.Element);
        return IsWithin(value, extent) ? wide : n.Emit(FLOOR_MOD, type, [wide, n.Scalar("extent", extent, type.Element)], OptionsKind.FloorMod);
    }

    /// <summary>Index vectors along the last axis, into the first axes of input 0, as i32.</summary>
    public static int Vectors(NodeExport n, int input)
    {
        long[] extents = [.. n.Type(0).Shape.Take((int)n.Type(input).Shape[^1].Value).Select(d => d.Value)];
        if (n.ConstantOf(input) is { } known)
            return n.Constant("indices", Mapped(known, (at, i) => Within(i, extents[at % extents.Length]), DType.Int32));
        int narrow = n.Cast(n.In(input), n.Type(input), DType.Int32);
        return IsWithin(n.Node.Inputs[input], extents)
            ? narrow
            : n.Emit(FLOOR_MOD, n.Type(input).WithElement(DType.Int32), [narrow, n.Ints("extents", extents)], OptionsKind.FloorMod);
    }

    /// <summary>For each element of indices along an axis, its whole place [elements, rank] with the index in it, as i32.</summary>
    public static int Places(NodeExport n, int input, int axis)
    {
        var shape = n.Type(input).Shape;
        long[] strides = shape.Strides();
        long count = shape.ElementCount, extent = n.Type(0).Shape[axis].Value;
        var places = Tensor.Zeros(DType.Int32, Shape.Of([.. shape.ToArray(), shape.Rank]));
        for (long i = 0; i < count; i++)
            for (int a = 0; a < shape.Rank; a++)
                places.SetInt64((i * shape.Rank) + a, a == axis ? n.ConstantOf(input) is { } known ? Within(known.GetInt64(i), extent) : 0 : i / strides[a] % shape[a].Value);
        bool isScatter = n.Op is ScatterElements;
        if (isScatter)
            places = places.Reshape([count, shape.Rank]);
        if (n.ConstantOf(input) is not null)
            return n.Constant("places", places);
        // The unknown part is added to the known one, which has zeros there.
        int along = n.Cast(Along(n, input, extent), n.Type(input).WithElement(TypeOf(n.Type(input).Element)), DType.Int32);
        var unit = Tensor.Zeros(DType.Int32, [shape.Rank]);
        unit.SetInt64(axis, 1);
        var joined = new TensorType(DType.Int32, places.Shape);
        TensorType rows = new(DType.Int32, [count, 1]), flat = new(DType.Int32, [count, shape.Rank]);
        int moved = n.Emit(MUL, flat, [n.Reshaped(along, rows), n.Constant("axis", unit)], OptionsKind.Mul);
        int all = n.Emit(ADD, flat, [n.Constant("places", places.Reshape(flat.Shape)), moved], OptionsKind.Add);
        return joined.Shape == flat.Shape ? all : n.Reshaped(all, joined);
    }

    /// <summary>Indices along a new axis, where those below 0 count from its end and those out of range stand for nothing.</summary>
    public static int Counted(NodeExport n, int input, long extent)
    {
        if (n.ConstantOf(input) is { } known)
            return n.Constant("indices", Mapped(known, (_, i) => i < 0 ? i + extent : i));
        // What the importer makes of TFLite's own indices, for which nothing counts from the end.
        if (n.Node.Inputs[input] is { Op: Where } chosen && chosen.Node.Inputs is [{ Op: Less } negative, _, var original] && negative.Node.Inputs[0] == original)
            return n.TensorOf(original);
        var type = n.Type(input).WithElement(TypeOf(n.Type(input).Element));
        int wide = n.Cast(n.In(input), n.Type(input), type.Element);
        if (n.Type(input).Element.IsUnsigned)
            return wide;
        int isNegative = n.Emit(LESS, type.WithElement(DType.Bool), [wide, n.Scalar("zero", 0, type.Element)], OptionsKind.Less);
        int fromEnd = n.Emit(ADD, type, [wide, n.Scalar("extent", extent, type.Element)], OptionsKind.Add);
        return n.Emit(SELECT_V2, type, [isNegative, fromEnd, wide], OptionsKind.SelectV2);
    }

    private static long Within(long index, long extent) => Math.Clamp(index < 0 ? index + extent : index, 0, extent - 1);

    private static Tensor Mapped(Tensor indices, Func<long, long, long> map, DType? type = null)
    {
        var result = Tensor.Zeros(type ?? TypeOf(indices.Type), indices.Shape);
        for (long i = 0; i < result.Count; i++)
            result.SetInt64(i, map(i, indices.GetInt64(i)));
        return result;
    }

    /// <summary>Whether indices are known to be in range: remainders of the extents, or numbers that are never below 0.</summary>
    private static bool IsWithin(Value indices, params long[] extents) => indices.Op switch
    {
        Cast { To: DType.Int32 or DType.Int64 } => IsWithin(indices.Node.Inputs[0], extents),
        Mod { Fmod: false } => indices.Node.Inputs[1].Constant is { } by && by.Count == extents.Length && by.ToInt64Array().SequenceEqual(extents),
        ArgMax or ArgMin => true,
        TopK => indices.Index == 1,
        _ => indices.Element.IsUnsigned,
    };
}
