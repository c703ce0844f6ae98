namespace Lathe.Bench.Models;

/// <summary>DenseNet-121 (Huang et al. 2016, arXiv:1608.06993, table 1): each layer reads what all layers before it in its block made.</summary>
internal static class DenseNet
{
    private const long Growth = 32;

    private static readonly int[] Blocks = [6, 12, 24, 16];

    public static BenchModel DenseNet121()
    {
        var b = new OnnxModelBuilder("densenet121");
        var x = b.Relu(b.BatchNorm(b.Conv(b.Image("data", 3, 224, 224), 2 * Growth, 7, stride: 2)));
        x = b.MaxPool(x, 3, 2, padding: 1);
        for (int block = 0; block < Blocks.Length; block++)
        {
            for (int layer = 0; layer < Blocks[block]; layer++)
            {
                var narrow = b.Conv(b.Relu(b.BatchNorm(x)), 4 * Growth, 1);
                x = b.Concat(x, b.Conv(b.Relu(b.BatchNorm(narrow)), Growth, 3));
            }
            x = b.Relu(b.BatchNorm(x));
            if (block < Blocks.Length - 1)
                x = b.AveragePool(b.Conv(x, x.Channels / 2, 1), 2, 2);
        }
        return b.Build(b.Dense(b.Flatten(b.GlobalAveragePool(x)), 1000));
    }
}
