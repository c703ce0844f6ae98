using Lathe.Tensors;

namespace Lathe.Tests.Tensors;

/// <summary>Tensors with every bit pattern that matters, from a seed.</summary>
internal static class SampleTensors
{
    public static Tensor Random(DType type, Shape shape, int seed)
    {
        var tensor = Tensor.Zeros(type, shape);
        new Random(seed).NextBytes(tensor.Bytes.Span);
        if (type == DType.Bool)
            foreach (ref byte b in tensor.Bytes.Span)
                b &= 1;
        return tensor;
    }

    public static OrderedDictionary<string, Tensor> OneOfEach()
    {
        var tensors = new OrderedDictionary<string, Tensor>();
        foreach (var type in DTypes.All)
            tensors.Add(type.Name, Random(type, [3, (int)type % 4 + 1], (int)type));
        tensors.Add("scalar", Tensor.Scalar(2.5f));
        tensors.Add("empty", Tensor.Zeros(DType.Int32, [2, 0, 3]));
        tensors.Add("a/b:0 é\"\\", Tensor.Vector(1L, -1L));
        return tensors;
    }

    public static void AssertSame(IReadOnlyDictionary<string, Tensor> expected, IReadOnlyDictionary<string, Tensor> actual)
    {
        Assert.Equal(expected.Keys, actual.Keys);
        foreach (var (name, tensor) in expected)
            Assert.True(tensor.ContentEquals(actual[name]), $"{name}: {actual[name]} for {tensor}");
    }
}
