using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Operators;

/// <summary>Layers that prepare pictures and numbers.</summary>
internal static class Preprocessing
{
    /// <summary>x * scale + offset; both may be lists along the channels.</summary>
    public static Value Rescaling(LayerContext layer)
    {
        var x = layer.Real();
        var scaled = layer.Add(new Mul(), x, Numbers("scale", 1));
        return layer.Settings.TryFloats("offset") is null or [0] ? scaled : layer.Add(new Add(), scaled, Numbers("offset", 0));

        Value Numbers(string setting, double otherwise)
        {
            double[] numbers = layer.Settings.TryFloats(setting) ?? [otherwise];
            return numbers.Length == 1 ? layer.Builder.ScalarLike(numbers[0], x) : layer.Builder.Constant(Tensor.Vector<double>(numbers).Cast(x.Element));
        }
    }

    public static Value Resizing(LayerContext layer)
    {
        var settings = layer.Settings;
        if (settings.Flag("crop_to_aspect_ratio", false) || settings.Flag("pad_to_aspect_ratio", false))
            throw layer.Unsupported("cropping and padding to the aspect ratio are not supported");
        if (settings.Flag("antialias", false))
            throw layer.Unsupported("antialiasing is not supported");
        bool isFirst = Images.LayoutOf(settings) == Layout.ChannelsFirst;
        var x = layer.Real();
        var last = isFirst ? layer.Builder.Permuted(x, 0, 2, 3, 1) : x;
        var resized = Resized(layer, last, [settings.Int("height"), settings.Int("width")], settings.Text("interpolation", "bilinear"));
        return isFirst ? layer.Builder.Permuted(resized, 0, 3, 1, 2) : resized;
    }

    /// <summary>An image with channels last at another size, with the centres of the outer pixels half a pixel from the edges.</summary>
    public static Value Resized(LayerContext layer, Value x, long[] size, string method) => method switch
    {
        "bilinear" => layer.Builder.ResizedBilinear(x, size, alignCorners: false, halfPixels: true),
        "nearest" => layer.Builder.ResizedNearest(x, size, alignCorners: false, halfPixels: true),
        "bicubic" => layer.Builder.ResizedBicubic(x, size, alignCorners: false, halfPixels: true),
        _ => throw layer.Unsupported($"the interpolation '{method}' is not supported"),
    };

    /// <summary>The middle of an image.</summary>
    public static Value CenterCrop(LayerContext layer)
    {
        var x = layer.Raw();
        var (height, width) = (layer.Settings.Int("height"), layer.Settings.Int("width"));
        int first = Images.LayoutOf(layer.Settings) == Layout.ChannelsFirst ? 2 : 1;
        if (x.Type.Rank != 4)
            layer.Fail($"an image of rank 4 was expected, and it is {x.Type}");
        long rows = x.Shape[first].Value - height, columns = x.Shape[first + 1].Value - width;
        if (rows < 0 || columns < 0 || height < 1 || width < 1)
            throw layer.Unsupported($"{x.Type} is smaller than the part of it, which is not supported");
        return layer.Builder.Along(layer.Builder.Along(x, first, rows / 2, height), first + 1, columns / 2, width);
    }
}
