using Lathe.Cli.Images;
using Lathe.Tensors;

namespace Lathe.Tests.Cli.Images;

public sealed class ImageTensorTests
{
    // Red ramps along x, green along y, blue is 100.
    private static readonly RgbImage Small = new(2, 2, [0, 0, 100, 200, 0, 100, 0, 50, 100, 200, 50, 100]);

    [Fact]
    public void LaysOutChannelsAndPixels()
    {
        var nchw = ImageTensor.From(Small, new(2, 2));
        Assert.Equal(Shape.Of(1, 3, 2, 2), nchw.Shape);
        Assert.Equal([0, 200, 0, 200, 0, 0, 50, 50, 100, 100, 100, 100], nchw.ToDoubleArray());

        var nhwc = ImageTensor.From(Small, new(2, 2) { Layout = ImageLayout.Nhwc, Channels = ChannelOrder.Bgr });
        Assert.Equal(Shape.Of(1, 2, 2, 3), nhwc.Shape);
        Assert.Equal([100, 0, 0, 100, 0, 200, 100, 50, 0, 100, 50, 200], nhwc.ToDoubleArray());

        var gray = ImageTensor.From(new(1, 1, [10, 20, 30]), new(1, 1) { Channels = ChannelOrder.Gray });
        Assert.Equal(Shape.Of(1, 1, 1, 1), gray.Shape);
        Assert.Equal(2.99 + 11.74 + 3.42, gray.GetDouble(0), 1e-5);
    }

    [Fact]
    public void ScalesThenNormalizes()
    {
        var options = new ImageTensorOptions(1, 1) { Scale = 1 / 255.0, Mean = [0.5, 0.25, 0], Std = [0.5, 0.25, 2] };
        Assert.Equal([1f, 3f, 0.5f], ImageTensor.From(new(1, 1, [255, 255, 255]), options).Span<float>().ToArray());
        var shared = new ImageTensorOptions(1, 1) { Mean = [127.5], Std = [127.5] };
        Assert.Equal([-1f, 1f, -1f], ImageTensor.From(new(1, 1, [0, 255, 0]), shared).Span<float>().ToArray());
    }

    [Fact]
    public void RoundsAndSaturatesIntegers()
    {
        var image = new RgbImage(3, 1, [0, 0, 0, 127, 0, 0, 255, 0, 0]);
        Assert.Equal([-128, -1, 127], Red(DType.Int8, [128], 1));
        Assert.Equal([0, 0, 127], Red(DType.UInt8, [128], 1));
        Assert.Equal([0, 190, 255], Red(DType.UInt8, [], 1.5));
        Assert.Equal([0, 12700, 25500], Red(DType.Int64, [], 100));

        long[] Red(DType type, EquatableArray<double> mean, double scale) => ImageTensor.From(
            image, new(3, 1) { Type = type, Mean = mean, Scale = scale }).ToInt64Array()[..3];
    }

    [Fact]
    public void EnlargesBetweenPixelCentres()
    {
        var row = ImageTensor.From(Small, new(4, 1)).ToDoubleArray();
        Assert.Equal([0, 50, 150, 200, 25, 25, 25, 25, 100, 100, 100, 100], row);
    }

    [Fact]
    public void ShrinksByAveragingUnlessAskedNotTo()
    {
        var image = new RgbImage(4, 1, [10, 0, 0, 20, 0, 0, 40, 0, 0, 80, 0, 0]);
        // A triangle of half-width 2 about 0.5: weights 0.75, 0.75, 0.25 at pixels 0, 1, 2.
        var smooth = ImageTensor.From(image, new(2, 1)).ToDoubleArray();
        Assert.Equal([(7.5 + 15 + 10) / 1.75, (5 + 30 + 60) / 1.75], smooth[..2], (a, b) => Math.Abs(a - b) < 1e-4);
        var sharp = ImageTensor.From(image, new(2, 1) { Antialias = false }).ToDoubleArray();
        Assert.Equal([15, 60], sharp[..2]);
    }

    [Fact]
    public void CropsTheMiddle()
    {
        var wide = new RgbImage(4, 2, [1, 0, 0, 2, 0, 0, 3, 0, 0, 4, 0, 0, 5, 0, 0, 6, 0, 0, 7, 0, 0, 8, 0, 0]);
        var cut = ImageTensor.From(wide, new(2, 2) { ResizeMode = ResizeMode.Crop }).ToDoubleArray();
        Assert.Equal([2, 3, 6, 7], cut[..4]);
        var high = ImageTensor.From(new(1, 3, [9, 0, 0, 5, 0, 0, 1, 0, 0]), new(1, 1) { ResizeMode = ResizeMode.Crop }).ToDoubleArray();
        Assert.Equal(5, high[0]);
    }

    [Fact]
    public void RefusesOptionsThatDoNotFit()
    {
        Assert.Throws<ModelException>(() => ImageTensor.From(Small, new(2, 2) { Mean = [1, 2] }));
        Assert.Throws<ModelException>(() => ImageTensor.From(Small, new(2, 2) { Std = [0] }));
        Assert.Throws<ModelException>(() => ImageTensor.From(Small, new(0, 2)));
    }
}
