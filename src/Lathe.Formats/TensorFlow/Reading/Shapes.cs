using Lathe.Formats.TensorFlow.Protobuf;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Reading;

/// <summary>Shapes as messages say them.</summary>
internal static class Shapes
{
    public const int MaxRank = 32;

    /// <summary>A shape without open extents; a missing message is a scalar's.</summary>
    public static Shape Known(TensorShapeProto? proto)
    {
        if (proto is null)
            return Shape.Scalar;
        if (proto.UnknownRank || proto.Dim.Count > MaxRank || proto.Dim.Any(d => d.Size is < 0 or > int.MaxValue))
            throw new ModelException("LATHE3506", $"a stored tensor has the shape [{string.Join(",", proto.Dim.Select(d => d.Size))}]");
        return Shape.Of(proto.Dim.Select(d => d.Size));
    }

    /// <summary>A shape with symbols, named after <paramref name="name"/>, for extents that are open; null where even the rank is.</summary>
    public static Shape? Open(TensorShapeProto? proto, string name)
    {
        if (proto is null || proto.UnknownRank)
            return null;
        if (proto.Dim.Count > MaxRank || proto.Dim.Any(d => d.Size is < -1 or > int.MaxValue))
            throw new ModelException("LATHE3506", $"'{name}' has the shape [{string.Join(",", proto.Dim.Select(d => d.Size))}]");
        return [.. proto.Dim.Select((d, axis) => d.Size < 0 ? Dim.Named($"{name}.{axis}") : (Dim)d.Size)];
    }
}
