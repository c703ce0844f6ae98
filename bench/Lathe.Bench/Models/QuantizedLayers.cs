namespace Lathe.Bench.Models;

/// <summary>
/// Layers of convolutional nets on bytes between QuantizeLinear and DequantizeLinear, as ONNX Runtime's quantize_static writes them. Data are uint8 in ranges
/// that are given, as no data choose them; a range from 0 also cuts off what is outside, as Relu6 does.
/// </summary>
/// <param name="signed">Weights are int8 with a scale each channel; else uint8 with one scale and a zero point.</param>
internal sealed class QuantizedLayers(OnnxModelBuilder b, bool signed)
{
    /// <summary>A value as real numbers, between whose bytes and readers only DequantizeLinear stands, and its scale.</summary>
    public sealed record Data(Value Reals, float Scale);

    public Data Quantize(Value x, float low, float high)
    {
        float scale = (high - low) / byte.MaxValue;
        Value[] parameters = [b.Weight("step", scale), b.Bytes("zero", [unchecked((sbyte)(byte)MathF.Round(-low / scale))], signed: false)];
        var bytes = b.Node("QuantizeLinear", x.Shape, [x, .. parameters]);
        return new(b.Node("DequantizeLinear", x.Shape, [bytes, .. parameters]), scale);
    }

    public Data Conv(Data x, long channels, long kernel, long stride = 1, long groups = 1, float low = 0, float high = 6)
    {
        var image = x.Reals;
        long inner = image.Channels / groups, fanIn = inner * kernel * kernel;
        float[] reals = b.Random.Centred(channels * fanIn, Math.Sqrt(2.0 / fanIn));
        var (weight, scales) = Weights(reals, channels, [channels, inner, kernel, kernel]);
        int[] biases = [.. b.Random.Centred(channels, 0.1).Zip(scales, (bias, scale) => (int)MathF.Round(bias / (scale * x.Scale)))];
        var offset = b.Node("DequantizeLinear", [channels], [b.Words("bias", biases, channels), b.Weight("step", [.. scales.Select(s => s * x.Scale)], channels)], ("axis", 0L));
        long pad = kernel / 2;
        long[] shape = [1, channels, ((image.Shape[2] + (2 * pad) - kernel) / stride) + 1, ((image.Shape[3] + (2 * pad) - kernel) / stride) + 1];
        b.Macs += shape[1] * shape[2] * shape[3] * fanIn;
        var sums = b.Node("Conv", shape, [image, weight, offset],
            ("dilations", new long[] { 1, 1 }), ("group", groups), ("kernel_shape", new[] { kernel, kernel }), ("pads", new[] { pad, pad, pad, pad }), ("strides", new[] { stride, stride }));
        return Quantize(sums, low, high);
    }

    public Data GlobalAveragePool(Data x) => Quantize(b.GlobalAveragePool(x.Reals), 0, 6);

    /// <summary>Weights as real numbers, and the scale of each channel.</summary>
    private (Value Reals, float[] Scales) Weights(float[] reals, long channels, long[] shape)
    {
        long each = reals.Length / channels;
        float Reach(IEnumerable<float> values) => values.Max(Math.Abs);
        float[] scales = signed
            ? [.. Enumerable.Range(0, (int)channels).Select(c => Reach(reals.Skip((int)(c * each)).Take((int)each)) / sbyte.MaxValue)]
            : [.. Enumerable.Repeat((reals.Max() - reals.Min()) / byte.MaxValue, (int)channels)];
        float zero = signed ? 0 : MathF.Round(-reals.Min() / scales[0]);
        sbyte[] bytes = [.. reals.Select((w, i) => Byte(MathF.Round(w / scales[i / each]) + zero))];
        var stored = b.Bytes("weight", bytes, signed, shape);
        return signed
            ? (b.Node("DequantizeLinear", shape, [stored, b.Weight("step", scales, channels), b.Bytes("zero", new sbyte[channels], signed, channels)], ("axis", 0L)), scales)
            : (b.Node("DequantizeLinear", shape, [stored, b.Weight("step", scales[0]), b.Bytes("zero", [Byte(zero)], signed)]), scales);
    }

    private sbyte Byte(float value) => signed ? (sbyte)value : unchecked((sbyte)(byte)Math.Clamp(value, byte.MinValue, byte.MaxValue));
}
