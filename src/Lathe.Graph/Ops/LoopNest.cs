using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>Loops over all elements of a shape.</summary>
internal static class LoopNest
{
    /// <summary>A loop an axis, whose variables are named with the prefix; the body is made from them.</summary>
    public static Stmt Over(IEnumerable<long> shape, string prefix, Func<Expr[], Stmt> body)
    {
        long[] extents = [.. shape];
        var index = extents.Select((_, axis) => new Var($"{prefix}{axis}")).ToArray();
        var result = body([.. index]);
        for (int axis = extents.Length - 1; axis >= 0; axis--)
            result = new For(index[axis], 0, extents[axis], LoopKind.Serial, result);
        return result;
    }

    /// <summary>Writes every element of a buffer of the same shape as the source.</summary>
    public static Stmt Copy(Buffer source, Buffer target, string prefix) => Over(source.Shape, prefix, index => target.Store(index, source[index]));

    /// <summary>Arithmetic on half-width floats happens in f32.</summary>
    public static Expr Wide(Expr value) => value.Element.IsHalf ? Build.Cast(DType.Float32, value) : value;

    /// <summary>The element type of <see cref="Wide"/>.</summary>
    public static DType Wide(DType type) => type.IsHalf ? DType.Float32 : type;
}
