using Lathe.Bench.Models;
using Lathe.Formats.Onnx;
using Lathe.Graphs;
using Lathe.Tests.Samples;

namespace Lathe.Tests.Compilation;

/// <summary>Networks of a few layers each, with every kind of kernel that the nets of the bench have.</summary>
internal static class GoldenModels
{
    public static Graph Build(string name) => name switch
    {
        "mnist" => OnnxImporter.Import(MnistFactAttribute.Model),
        "residual" => Imported(Residual(new OnnxModelBuilder(name))),
        "mobile" => Imported(Mobile(new OnnxModelBuilder(name))),
        "encoder" => Imported(Encoder(new OnnxModelBuilder(name))),
        "attention" => Imported(Attention(new OnnxModelBuilder(name))),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    private static Graph Imported(BenchModel model) => OnnxImporter.Import(model.Onnx);

    /// <summary>The first layers of a ResNet, and a block of stride 2 whose trunk is a convolution.</summary>
    private static BenchModel Residual(OnnxModelBuilder b)
    {
        var x = b.Relu(b.BatchNorm(b.Conv(b.Image("data", 3, 64, 64), 64, kernel: 7, stride: 2)));
        x = b.MaxPool(x, kernel: 3, stride: 2, padding: 1);
        var branch = b.Relu(b.BatchNorm(b.Conv(x, 64, 3)));
        x = b.Relu(b.Add(b.BatchNorm(b.Conv(branch, 64, 3)), x));
        branch = b.Relu(b.BatchNorm(b.Conv(x, 128, 3, stride: 2)));
        branch = b.BatchNorm(b.Conv(branch, 256, 1));
        x = b.Relu(b.Add(branch, b.BatchNorm(b.Conv(x, 256, 1, stride: 2))));
        return b.Build(b.Dense(b.Flatten(b.GlobalAveragePool(x)), 100));
    }

    /// <summary>Inverted residuals of stride 1 and 2, one with squeeze-and-excitation.</summary>
    private static BenchModel Mobile(OnnxModelBuilder b)
    {
        var x = b.Relu6(b.BatchNorm(b.Conv(b.Image("data", 3, 64, 64), 16, 3, stride: 2)));
        x = new InvertedResidual(Kernel: 3, Width: 96, Channels: 24, Stride: 2).Apply(b, x, b.Relu6);
        x = new InvertedResidual(Kernel: 5, Width: 120, Channels: 40, Stride: 1) { Excite = true }.Apply(b, x, b.HardSwish);
        return b.Build(x);
    }

    /// <summary>Self-attention whose scores are larger than half of the second-level cache.</summary>
    private static BenchModel Attention(OnnxModelBuilder b)
    {
        const long width = 128, sequence = 192;
        var mask = b.MaskBias(b.Input("attention_mask", b.Random.Integers(1, 2, 1, sequence)));
        return b.Build(b.SelfAttention(b.Input("x", b.Random.Pixels(1, sequence, width)), mask, heads: 4));
    }

    /// <summary>A layer of a text encoder.</summary>
    private static BenchModel Encoder(OnnxModelBuilder b)
    {
        const long width = 64, sequence = 32;
        var mask = b.MaskBias(b.Input("attention_mask", b.Random.Integers(1, 2, 1, sequence)));
        var x = b.LayerNorm(b.Embedding(b.Input("input_ids", b.Random.Integers(0, 100, 1, sequence)), 100, width));
        x = b.LayerNorm(b.Add(b.SelfAttention(x, mask, heads: 2), x));
        return b.Build(b.LayerNorm(b.Add(b.Linear(b.Gelu(b.Linear(x, 4 * width)), width), x)));
    }
}
