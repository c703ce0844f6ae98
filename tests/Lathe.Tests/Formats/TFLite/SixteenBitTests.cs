using Lathe.Formats.TFLite.Reading;
using Lathe.Formats.TFLite.Writing;
using Lathe.Peers;
using Lathe.Tensors;
using static Lathe.Formats.TFLite.Reading.BuiltinOperator;

namespace Lathe.Tests.Formats.TFLite;

/// <summary>Operators of 16-bit networks on all integers, bit for bit against TensorFlow Lite's own library.</summary>
public class SixteenBitTests
{
    [TfLiteRuntimeTheory]
    [InlineData("LOGISTIC", 1f / 4096)]
    [InlineData("LOGISTIC", 0.00037f)]
    [InlineData("LOGISTIC", 0.0021f)]
    [InlineData("TANH", 1f / 4096)]
    [InlineData("TANH", 1f / 2048)]
    [InlineData("TANH", 0.00037f)]
    [InlineData("SOFTMAX", 0.00037f)]
    [InlineData("SOFTMAX", 0.004f)]
    public void AgreesWithTensorFlowLite(string name, float scale)
    {
        var op = Enum.Parse<BuiltinOperator>(name);
        int[] shape = op == SOFTMAX ? [512, 128] : [1, 65536];
        var x = Tensor.Zeros(DType.Int16, Shape.Of(shape.Select(e => (long)e)));
        // Rows of a softmax reach over all that 16 bits hold, and over less.
        var random = new Random(7);
        for (int i = 0; i < x.Count; i++)
            x.SetInt64(i, op == SOFTMAX ? random.Next(-32768, 32768) >> (i / 128 % 8) : i - 32768);
        var model = new TestModel().Input("x", LiteType.Int16, shape, scale).Value("y", LiteType.Int16, shape, 1f / 32768)
            .Node(op, "x", "y", op == SOFTMAX ? new FlatNode { { 0, 1f } } : null, optionsType: op == SOFTMAX ? (byte)9 : (byte)0).Output("y");

        using var session = new TfLite().Load(model.Bytes);
        Assert.Equal(session.Run([x])[0].Span<short>().ToArray(), model.Run(x).Span<short>().ToArray());
    }

    /// <summary>Means over the places of an image have kernels of their own for each type.</summary>
    [TfLiteRuntimeTheory]
    [InlineData(LiteTypeName.UInt8)]
    [InlineData(LiteTypeName.Int8)]
    [InlineData(LiteTypeName.Int16)]
    public void ImageMeansAgreeWithTensorFlowLite(LiteTypeName name)
    {
        var type = Enum.Parse<LiteType>(name.ToString());
        long zero = type == LiteType.Int16 ? 0 : 5;
        var model = new TestModel().Input("x", type, [1, 7, 5, 300], 0.02f, zero).Value("y", type, [1, 1, 1, 300], 0.013f, type == LiteType.Int16 ? 0 : 3).Ints("axes", 1, 2)
            .Node(MEAN, "x axes", "y", new FlatNode { { 0, true } }, optionsType: 27).Output("y");
        var x = Tensor.Zeros(TensorReader.Element(type, "x"), [1, 7, 5, 300]);
        var random = new Random(8);
        for (int i = 0; i < x.Count; i++)
            x.SetInt64(i, random.Next(65536) >> (i % 3));

        using var session = new TfLite().Load(model.Bytes);
        Assert.Equal(session.Run([x])[0].ToInt64Array(), model.Run(x).ToInt64Array());
    }

    public enum LiteTypeName
    {
        UInt8,
        Int8,
        Int16,
    }
}
