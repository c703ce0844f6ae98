using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting;

/// <summary>Permutations of axes in their shortest form: axes of 1 are left out, and neighbours that stay together are one.</summary>
internal static class Moves
{
    public static (Shape Shape, int[] Permutation) Of(Shape shape, EquatableArray<int> permutation)
    {
        // The axes of the input in the order of the output, in groups.
        var groups = new List<List<int>>();
        foreach (int axis in permutation.Where(p => shape[p] != 1))
        {
            if (groups.Count > 0 && axis > groups[^1][^1] && Enumerable.Range(groups[^1][^1] + 1, axis - groups[^1][^1] - 1).All(between => shape[between] == 1))
                groups[^1].Add(axis);
            else
                groups.Add([axis]);
        }
        var ordered = groups.OrderBy(g => g[0]).ToList();
        return (Shape.Of(ordered.Select(g => g.Aggregate(1L, (n, axis) => n * shape[axis].Value))), [.. groups.Select(g => ordered.IndexOf(g))]);
    }
}
