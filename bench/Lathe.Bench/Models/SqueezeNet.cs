namespace Lathe.Bench.Models;

/// <summary>SqueezeNet 1.1: the net of Iandola et al. 2016 (arXiv:1602.07360) with a 3x3 stem and earlier pooling.</summary>
internal static class SqueezeNet
{
    public static BenchModel Version11()
    {
        var b = new OnnxModelBuilder("squeezenet1.1");
        var x = b.Image("data", 3, 224, 224);
        x = b.Relu(b.Conv(x, 64, 3, stride: 2, padding: 0, bias: true));
        x = b.MaxPool(x, 3, 2, ceil: true);
        x = Fire(b, x, 16, 64);
        x = Fire(b, x, 16, 64);
        x = b.MaxPool(x, 3, 2, ceil: true);
        x = Fire(b, x, 32, 128);
        x = Fire(b, x, 32, 128);
        x = b.MaxPool(x, 3, 2, ceil: true);
        x = Fire(b, x, 48, 192);
        x = Fire(b, x, 48, 192);
        x = Fire(b, x, 64, 256);
        x = Fire(b, x, 64, 256);
        x = b.Relu(b.Conv(x, 1000, 1, bias: true));
        return b.Build(b.Flatten(b.GlobalAveragePool(x)));
    }

    /// <summary>The net of the paper, with a stem of 7x7.</summary>
    public static BenchModel Version10()
    {
        var b = new OnnxModelBuilder("squeezenet1.0");
        var x = b.Relu(b.Conv(b.Image("data", 3, 224, 224), 96, 7, stride: 2, padding: 0, bias: true));
        x = b.MaxPool(x, 3, 2, ceil: true);
        x = Fire(b, Fire(b, Fire(b, x, 16, 64), 16, 64), 32, 128);
        x = b.MaxPool(x, 3, 2, ceil: true);
        x = Fire(b, Fire(b, Fire(b, Fire(b, x, 32, 128), 48, 192), 48, 192), 64, 256);
        x = b.MaxPool(x, 3, 2, ceil: true);
        x = b.Relu(b.Conv(Fire(b, x, 64, 256), 1000, 1, bias: true));
        return b.Build(b.Flatten(b.GlobalAveragePool(x)));
    }

    private static Value Fire(OnnxModelBuilder b, Value x, long squeeze, long expand)
    {
        x = b.Relu(b.Conv(x, squeeze, 1, bias: true));
        return b.Concat(b.Relu(b.Conv(x, expand, 1, bias: true)), b.Relu(b.Conv(x, expand, 3, bias: true)));
    }
}
