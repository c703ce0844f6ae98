using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Tests.Graphs;

/// <summary>Tensors with contents from a seeded generator.</summary>
internal static class RandomTensors
{
    /// <summary>Floats from -1 to 1, integers from 0 to <paramref name="below"/> - 1, for inputs of whole models.</summary>
    public static Tensor Input(TensorType type, Random random, int below = 65536)
    {
        var tensor = Tensor.Zeros(type.Element, type.Shape);
        for (long i = 0; i < tensor.Count; i++)
        {
            if (type.Element.IsFloat)
                tensor.SetDouble(i, (random.NextDouble() * 2) - 1);
            else
                tensor.SetInt64(i, random.Next(below));
        }
        return tensor;
    }

    /// <summary>Numbers of all kinds that comparisons and classifications treat specially.</summary>
    public static Tensor Special => Tensor.Vector(0f, -0f, 1f, -2.5f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue);

    public static Tensor Of(Random random, DType type, long[] shape, double low = -4, double high = 4)
    {
        var tensor = Tensor.Zeros(type, Shape.Of(shape));
        for (long i = 0; i < tensor.Count; i++)
        {
            double value = low + (random.NextDouble() * (high - low));
            if (type.IsFloat)
                tensor.SetDouble(i, value);
            else if (type == DType.Bool)
                tensor.SetInt64(i, random.Next(2));
            else
                tensor.SetInt64(i, Math.Max((long)Math.Round(value), type.IsSigned ? long.MinValue : 0));
        }
        return tensor;
    }

    /// <summary>A tensor of a few elements of rank 0 to 4.</summary>
    public static Tensor Any(Random random, DType type = DType.Float32) => Of(random, type, AnyShape(random));

    /// <summary>Two tensors whose shapes broadcast.</summary>
    public static Tensor[] Pair(Random random, DType type)
    {
        var shape = AnyShape(random);
        var other = shape.Skip(random.Next(shape.Length + 1)).Select(d => random.Next(3) == 0 ? 1 : d).ToArray();
        var (a, b) = (Of(random, type, shape), Of(random, type, other));
        return random.Next(2) == 0 ? [a, b] : [b, a];
    }

    public static long[] AnyShape(Random random) => [.. Enumerable.Range(0, random.Next(5)).Select(_ => (long)random.Next(1, 5))];

    /// <summary>0, 1, 2 ... in an element type.</summary>
    public static Tensor Count(DType type, params long[] shape)
    {
        var tensor = Tensor.Zeros(type, Shape.Of(shape));
        for (long i = 0; i < tensor.Count; i++)
            tensor.SetDouble(i, i);
        return tensor;
    }
}
