using Lathe.Loops;

namespace Lathe.Compilation.Scheduling;

/// <summary>One number that counts through several axes, as parallel loops have it.</summary>
internal static class FlatIndex
{
    /// <summary>The index along each axis, outermost first, of a number from 0 to the product of the extents less 1.</summary>
    public static Expr[] Unravel(Expr flat, long[] extents)
    {
        var index = new Expr[extents.Length];
        for (int axis = extents.Length - 1; axis >= 0; axis--)
        {
            index[axis] = axis == 0 ? flat : Build.FloorMod(flat, extents[axis]);
            flat = Build.FloorDiv(flat, extents[axis]);
        }
        return index;
    }
}
