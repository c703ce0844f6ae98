using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Shapes that a model gives as integers.</summary>
internal static class TargetShape
{
    public static Shape Given(IEnumerable<long> extents) => [.. extents.Select(e => (Dim)e)];

    /// <summary>
    /// The shape that a Reshape asks for: 0 keeps the input's extent (unless zeros are meant), and one -1 takes what is left. Extents that are
    /// symbols stay, and cancel where they stand on both sides.
    /// </summary>
    public static Shape Of(Shape input, long[] target, bool zerosAreMeant)
    {
        var dims = new Dim[target.Length];
        int open = -1;
        for (int i = 0; i < target.Length; i++)
        {
            if (target[i] == -1 && open < 0)
                open = i;
            else if (target[i] == 0 && !zerosAreMeant)
                dims[i] = i < input.Rank ? input[i] : throw Unsuited(input, target);
            else
                dims[i] = target[i] >= 0 ? target[i] : throw Unsuited(input, target);
        }
        if (open >= 0)
            dims[open] = Rest(input, [.. dims.Where((_, i) => i != open)]) ?? throw Unsuited(input, target);
        return [.. dims];
    }

    public static Dim Product(IEnumerable<Dim> dims) => dims.Aggregate((Dim)1, (a, d) => a * d);

    private static Dim? Rest(Shape input, Dim[] others)
    {
        var left = input.ToList();
        var right = others.ToList();
        foreach (var symbol in others.Where(d => !d.IsKnown))
            if (left.Remove(symbol))
                right.Remove(symbol);
        var (all, taken) = (Product(left), Product(right));
        if (!all.IsKnown || !taken.IsKnown)
            return all / taken;
        return taken.Value != 0 && all.Value % taken.Value == 0 ? all.Value / taken.Value : null;
    }

    private static ModelException Unsuited(Shape input, long[] target) =>
        new("LATHE3107", $"the shape {input} cannot become [{string.Join(",", target)}]");
}
