using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>Results whose shape follows from values, worked out on tensors that are known while a model is read.</summary>
internal static class KnownValues
{
    /// <summary>The most elements of a tensor that a model describes instead of holding.</summary>
    public const long MaxElements = 1 << 22;

    /// <summary>start, start + delta, ... before limit, each a tensor of one number, in start's element type.</summary>
    public static Tensor Range(Tensor start, Tensor limit, Tensor delta)
    {
        if (start.Count != 1 || limit.Count != 1 || delta.Count != 1 || delta.GetDouble(0) == 0)
            throw Misfit.Of("its start, limit and delta should be one number each, and delta not 0");
        double elements = Math.Ceiling((limit.GetDouble(0) - start.GetDouble(0)) / delta.GetDouble(0));
        if (!(elements <= MaxElements))
            throw new UnsupportedException("LATHE3501", $"a range of {elements} elements is not supported");
        var range = Tensor.Zeros(start.Type, [(long)Math.Max(0, elements)]);
        for (long i = 0; i < range.Count; i++)
            range.SetDouble(i, start.GetDouble(0) + (i * delta.GetDouble(0)));
        return range;
    }

    /// <summary>The places of non-zero elements, a row of indices each.</summary>
    public static Tensor NonZero(Tensor x)
    {
        var strides = x.Shape.Strides();
        long[] found = [.. Enumerable.Range(0, (int)x.Count).Where(i => x.GetDouble(i) != 0).Select(i => (long)i)];
        var indices = Tensor.Zeros(DType.Int64, [found.Length, x.Shape.Rank]);
        for (int i = 0; i < found.Length; i++)
            for (int axis = 0; axis < x.Shape.Rank; axis++)
                indices.SetInt64((i * x.Shape.Rank) + axis, found[i] / strides[axis] % x.Shape[axis].Value);
        return indices;
    }

    /// <summary>The same bits as another type: of as many bits, or more or fewer along the last axis.</summary>
    public static Tensor Bitcast(Tensor known, DType type)
    {
        int from = known.Type.Size, to = type.Size;
        Shape shape = from == to ? known.Shape : from > to ? [.. known.Shape, from / to] : [.. known.Shape.SkipLast(1)];
        if (from < to && (known.Shape.Rank == 0 || known.Shape[^1] != to / from))
            throw Misfit.Of($"{known} cannot be read as {type.Name}");
        return new Tensor(type, shape, known.Bytes);
    }

    /// <summary>Distinct elements in the order of their first place, each element's number among them, and how often each occurs.</summary>
    public static (Tensor Distinct, Tensor Numbers, Tensor Counts) Unique(Tensor x, DType numbered)
    {
        var first = new Dictionary<double, int>();
        var places = new List<int>();
        var counts = new List<long>();
        var numbers = Tensor.Zeros(numbered, x.Shape);
        for (int i = 0; i < x.Count; i++)
        {
            if (first.TryAdd(x.GetDouble(i), first.Count))
            {
                places.Add(i);
                counts.Add(0);
            }
            int number = first[x.GetDouble(i)];
            numbers.SetInt64(i, number);
            counts[number]++;
        }
        var (distinct, totals) = (Tensor.Zeros(x.Type, [places.Count]), Tensor.Zeros(numbered, [places.Count]));
        for (int i = 0; i < places.Count; i++)
        {
            x.Bytes.Slice(places[i] * x.Type.Size, x.Type.Size).CopyTo(distinct.Bytes[(i * x.Type.Size)..]);
            totals.SetInt64(i, counts[i]);
        }
        return (distinct, numbers, totals);
    }
}
