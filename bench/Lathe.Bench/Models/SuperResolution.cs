namespace Lathe.Bench.Models;

/// <summary>Nets that enlarge the brightness of a picture three times: 320x240 becomes 960x720.</summary>
internal static class SuperResolution
{
    private const long Factor = 3;

    /// <summary>FSRCNN(56, 12, 4) (Dong et al. 2016, arXiv:1608.00367).</summary>
    public static BenchModel Fsrcnn(string name, long height, long width)
    {
        var b = new OnnxModelBuilder(name);
        var x = b.Image("data", 1, height, width);
        x = b.PRelu(b.Conv(x, 56, 5, bias: true));
        x = b.PRelu(b.Conv(x, 12, 1, bias: true));
        for (int i = 0; i < 4; i++)
            x = b.PRelu(b.Conv(x, 12, 3, bias: true));
        x = b.PRelu(b.Conv(x, 56, 1, bias: true));
        return b.Build(b.ConvTranspose(x, 1, kernel: 9, stride: Factor, padding: 3, outputPadding: 0));
    }

    /// <summary>The small form of EDSR (Lim et al. 2017, arXiv:1707.02921): eight residual blocks of 32 channels.</summary>
    public static BenchModel Edsr(string name, long height, long width)
    {
        var b = new OnnxModelBuilder(name);
        var head = b.Conv(b.Image("data", 1, height, width), 32, 3, bias: true, gain: 1);
        var x = head;
        for (int i = 0; i < 8; i++)
            x = b.Add(x, b.Conv(b.Relu(b.Conv(x, 32, 3, bias: true)), 32, 3, bias: true, gain: 0.1));
        x = b.Add(head, b.Conv(x, 32, 3, bias: true, gain: 1));
        return b.Build(b.PixelShuffle(b.Conv(x, Factor * Factor, 3, bias: true, gain: 1), Factor));
    }

    /// <summary>ESPCN (Shi et al. 2016, arXiv:1609.05158): all work at the small size, then a sub-pixel shuffle.</summary>
    public static BenchModel Espcn(string name, long height, long width)
    {
        var b = new OnnxModelBuilder(name);
        var x = b.Image("data", 1, height, width);
        x = b.Tanh(b.Conv(x, 64, 5, bias: true, gain: 1));
        x = b.Tanh(b.Conv(x, 32, 3, bias: true, gain: 1));
        x = b.Conv(x, Factor * Factor, 3, bias: true, gain: 1);
        return b.Build(b.PixelShuffle(x, Factor));
    }
}
