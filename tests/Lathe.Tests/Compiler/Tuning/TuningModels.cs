using Lathe.Compilation;
using Lathe.Compilation.Diagnostics;
using Lathe.Compilation.Tuning;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using CompileOptions = Lathe.Compilation.CompileOptions;

namespace Lathe.Tests.Compilation.Tuning;

/// <summary>Small networks to tune.</summary>
internal static class TuningModels
{
    /// <summary>1x1 convolutions of 8x8 places with a bias and an activation each; as many channels as asked for, first those of the input.</summary>
    public static Graph Convolutions(int seed, params int[] channels) => Convolutions(seed, 8, channels);

    /// <summary>The same of images that high and wide.</summary>
    public static Graph OfImages(int extent, params int[] channels) => Convolutions(1, extent, channels);

    /// <summary>1x1 convolutions of 8x8 places to 16 channels each, which read what all before them gave, one after another, as the layers of a DenseNet do.</summary>
    public static Graph GrowingBlock(int layers)
    {
        var random = new Random(1);
        var b = new GraphBuilder();
        var input = b.Input("x", new TensorType(DType.Float32, Shape.Of(1, 24, 8, 8)));
        Value Layer(Value x, int channels)
        {
            var weights = b.Constant(Graphs.RandomTensors.Of(random, DType.Float32, [channels, x.Shape[1].Value, 1, 1], -1, 1));
            return b.Add(new Relu(), b.Add(new Conv(Window.Of(1, 1), 1, Layout.ChannelsFirst), x, weights));
        }
        var all = Layer(input, 32);
        for (int i = 0; i < layers; i++)
            all = b.Add(new Concat(1), all, Layer(all, 16));
        return new Graph("growing", [input], [new("y", Layer(all, 8))]);
    }

    private static Graph Convolutions(int seed, int extent, int[] channels)
    {
        var random = new Random(seed);
        var b = new GraphBuilder();
        var input = b.Input("x", new TensorType(DType.Float32, Shape.Of(1, channels[0], extent, extent)));
        var x = input;
        for (int i = 1; i < channels.Length; i++)
        {
            var weights = b.Constant(Graphs.RandomTensors.Of(random, DType.Float32, [channels[i], channels[i - 1], 1, 1], -1, 1));
            var bias = b.Constant(Graphs.RandomTensors.Of(random, DType.Float32, [1, channels[i], 1, 1], -1, 1));
            x = b.Add(new Relu(), b.Add(new Add(), b.Add(new Conv(Window.Of(1, 1), 1, Layout.ChannelsFirst), x, weights), bias));
        }
        return new Graph($"convolutions{seed}", [input], [new("y", x)]);
    }

    public static TunableModel Of(Graph graph, CompileOptions options) => new(new Compiler(options, new PassLog()).Optimize(graph), options);

    public static TunableModel Of(Graph graph) => Of(graph, new CompileOptions(Compiled.Managed, 1));
}
