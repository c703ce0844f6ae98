using Lathe.Peers;
using Lathe.Tensors;

namespace Lathe.Bench.Models;

/// <summary>A model from a file, with random inputs. Extents that it leaves open become 1.</summary>
internal static class OnnxFile
{
    public static BenchModel Load(string path, OnnxRuntime runtime)
    {
        byte[] onnx = File.ReadAllBytes(path);
        using var session = runtime.Load(onnx);
        var random = new RandomTensors(seed: 1);
        var inputs = session.Inputs.ToDictionary(i => i.Name, i => Fill(i, random));
        return new BenchModel(Path.GetFileNameWithoutExtension(path), onnx, inputs, Macs: 0);
    }

    private static Tensor Fill(PeerValue input, RandomTensors random)
    {
        var type = input.Type ?? throw new ModelException("LATHE7902", $"the input '{input.Name}' is not a numeric tensor", next: "bench models whose inputs are tensors");
        return random.Any(type, [.. input.Shape.Select(d => d.IsKnown ? d.Value : 1)]);
    }
}
