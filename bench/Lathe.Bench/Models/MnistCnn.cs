namespace Lathe.Bench.Models;

/// <summary>A small digit classifier of 585,958 parameters: two convolutions and two dense layers.</summary>
internal static class MnistCnn
{
    public static BenchModel Build()
    {
        var b = new OnnxModelBuilder("mnist");
        var x = b.Image("image", 1, 28, 28);
        x = b.MaxPool(b.Relu(b.Conv(x, 32, 3, padding: 0, bias: true)), 2, 2);
        x = b.MaxPool(b.Relu(b.Conv(x, 32, 2, padding: 0, bias: true)), 2, 2);
        x = b.Relu(b.Dense(b.Flatten(x), 500, gain: 2));
        return b.Build(b.Softmax(b.Dense(x, 10)));
    }
}
