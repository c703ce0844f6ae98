using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>Indices that are data: counted from the end when negative, and kept in range.</summary>
internal static class GatherIndex
{
    public static Expr Of(Expr index, long extent)
    {
        var wide = Build.Cast(DType.Int64, index);
        if (index.Element.IsSigned)
            wide = Build.Select(wide < 0, wide + extent, wide);
        return Build.Clamp(wide, extent);
    }

    /// <summary>Throws when there are indices and nothing that they could choose.</summary>
    public static void RequireElements(TensorType data, int axis, TensorType indices)
    {
        if (data.Shape[axis] is { IsKnown: true, Value: 0 } && indices.Shape.All(d => d is not { IsKnown: true, Value: 0 }))
            throw new ModelException("LATHE2047", $"{data} has no element along axis {axis} for the indices {indices} to choose");
    }
}
