using Lathe.Tensors;

namespace Lathe.Bench.Models;

/// <summary>Seeded random tensors; equal seeds give equal tensors everywhere.</summary>
internal sealed class RandomTensors(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>Uniform with mean 0 and the given standard deviation.</summary>
    public float[] Centred(long count, double deviation)
    {
        float reach = (float)(deviation * Math.Sqrt(3));
        return Uniform(count, -reach, reach);
    }

    public float[] Uniform(long count, float low, float high)
    {
        var values = new float[count];
        for (int i = 0; i < values.Length; i++)
            values[i] = low + (high - low) * _random.NextSingle();
        return values;
    }

    /// <summary>An image-like input: uniform, mean 0, deviation 1, as normalized pixels are.</summary>
    public Tensor Pixels(params long[] shape) => Tensor.Of<float>(Shape.Of(shape), Centred(Product(shape), 1));

    /// <summary>Integers from <paramref name="low"/> up to but not including <paramref name="high"/>.</summary>
    public Tensor Integers(long low, long high, params long[] shape)
    {
        var values = new long[Product(shape)];
        for (int i = 0; i < values.Length; i++)
            values[i] = _random.NextInt64(low, high);
        return Tensor.Of<long>(Shape.Of(shape), values);
    }

    /// <summary>Any tensor of a type: floats as <see cref="Pixels"/>, integers and booleans 0 or 1.</summary>
    public Tensor Any(DType type, params long[] shape)
    {
        var result = Tensor.Zeros(type, Shape.Of(shape));
        for (long i = 0; i < result.Count; i++)
            result.SetDouble(i, type.IsFloat ? (_random.NextDouble() * 2 - 1) * Math.Sqrt(3) : _random.Next(2));
        return result;
    }

    private static long Product(long[] shape) => shape.Aggregate(1L, (product, extent) => product * extent);
}
