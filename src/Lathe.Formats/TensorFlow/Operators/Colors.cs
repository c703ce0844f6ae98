using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Colours along the last axis: red, green and blue, or hue, saturation and value, from 0 to 1 (Smith, 1978).</summary>
internal static class Colors
{
    public static Value RgbToHsv(NodeContext node)
    {
        var (hue, saturation, value, _) = Hsv(node, node.In(0));
        return Joined(node, hue, saturation, value);
    }

    public static Value HsvToRgb(NodeContext node)
    {
        var x = node.In(0);
        var (saturation, value) = (Channel(node, x, 1), Channel(node, x, 2));
        return Rgb(node, Channel(node, x, 0), node.Add(new Mul(), saturation, value), value);
    }

    /// <summary>The distance from the mean of each channel of each image, times a factor.</summary>
    public static Value AdjustContrast(NodeContext node)
    {
        var (x, factor) = (node.In(0), node.In(1));
        if (x.Type.Rank < 3)
            node.Fail($"{x.Type} is no image");
        var wide = x.Element.IsFloat ? x : node.Add(new Cast(DType.Float32), x);
        var scale = factor.Element == wide.Element ? factor : node.Add(new Cast(wide.Element), factor);
        var mean = node.Add(new ReduceMean([x.Type.Rank - 3, x.Type.Rank - 2], KeepDims: true), wide);
        return node.Add(new Add(), node.Add(new Mul(), node.Add(new Sub(), wide, mean), scale), mean);
    }

    public static Value AdjustHue(NodeContext node)
    {
        var (hue, _, value, range) = Hsv(node, node.In(0));
        var turned = node.Add(new Add(), hue, node.Add(new Cast(hue.Element), node.In(1)));
        return Rgb(node, node.Add(new Sub(), turned, node.Add(new Floor(), turned)), range, value);
    }

    public static Value AdjustSaturation(NodeContext node)
    {
        var (hue, saturation, value, _) = Hsv(node, node.In(0));
        saturation = node.Add(new Clip(0, 1), node.Add(new Mul(), saturation, node.Add(new Cast(hue.Element), node.In(1))));
        return Rgb(node, hue, node.Add(new Mul(), saturation, value), value);
    }

    private static (Value Hue, Value Saturation, Value Value, Value Range) Hsv(NodeContext node, Value x)
    {
        Value Number(double number) => node.ScalarLike(number, x);
        Value Sub(Value a, Value b) => node.Add(new Sub(), a, b);
        Value Div(Value a, Value b) => node.Add(new Div(), a, b);
        Value Choose(Value condition, Value a, Value b) => node.Add(new Where(), condition, a, b);
        var (red, green, blue) = (Channel(node, x, 0), Channel(node, x, 1), Channel(node, x, 2));
        var value = node.Add(new Max(), red, node.Add(new Max(), green, blue));
        var range = Sub(value, node.Add(new Min(), red, node.Add(new Min(), green, blue)));
        var isGrey = node.Add(new Equal(), range, Number(0));
        var saturation = Choose(node.Add(new Greater(), value, Number(0)), Div(range, Choose(node.Add(new Greater(), value, Number(0)), value, Number(1))), Number(0));
        var sixth = Div(Number(1.0 / 6), Choose(isGrey, Number(1), range));
        Value Of(Value a, Value b, double third) => node.Add(new Add(), node.Add(new Mul(), sixth, Sub(a, b)), Number(third / 3));
        var hue = Choose(
            node.Add(new Equal(), red, value),
            Of(green, blue, 0),
            Choose(node.Add(new Equal(), green, value), Of(blue, red, 1), Of(red, green, 2)));
        hue = Choose(isGrey, Number(0), hue);
        return (Choose(node.Add(new Less(), hue, Number(0)), node.Add(new Add(), hue, Number(1)), hue), saturation, value, range);
    }

    /// <summary>value - range * (1 - ramp), where the range is between the greatest and the least channel and the ramp of each colour goes up and down with the hue.</summary>
    private static Value Rgb(NodeContext node, Value hue, Value range, Value value)
    {
        Value Number(double number) => node.ScalarLike(number, hue);
        Value Mul(Value a, Value b) => node.Add(new Mul(), a, b);
        Value Sub(Value a, Value b) => node.Add(new Sub(), a, b);
        var around = Mul(hue, Number(6));
        Value Ramp(double centre, bool rising)
        {
            var distance = node.Add(new Abs(), Sub(around, Number(centre)));
            return node.Add(new Clip(0, 1), rising ? Sub(distance, Number(1)) : Sub(Number(2), distance));
        }

        Value Colour(Value ramp) => Sub(value, Mul(range, Sub(Number(1), ramp)));
        return Joined(node, Colour(Ramp(3, true)), Colour(Ramp(2, false)), Colour(Ramp(4, false)));
    }

    private static Value Channel(NodeContext node, Value x, int channel)
    {
        if (x.Type.Rank == 0 || x.Shape[^1] != 3)
            node.Fail($"{x.Type} does not hold colours of three channels");
        return node.Builder.Along(x, x.Type.Rank - 1, channel, 1);
    }

    private static Value Joined(NodeContext node, Value a, Value b, Value c) => node.Add(new Concat(a.Type.Rank - 1), a, b, c);
}
