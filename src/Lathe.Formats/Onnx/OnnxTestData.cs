using System.Globalization;
using Lathe.Formats.Onnx.Protobuf;
using Lathe.Formats.Onnx.Reading;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx;

/// <summary>Values recorded beside a model as the ONNX backend tests and the model zoo store them: input_K.pb and output_K.pb, a tensor a file.</summary>
public static class OnnxTestData
{
    /// <summary>Reads a recorded tensor. Sequences, maps and optionals are an <see cref="UnsupportedException"/>.</summary>
    public static Tensor Read(string path)
    {
        var proto = ModelFile.Read(path, TensorProto.Parser, "a recorded tensor");
        if (proto.Segment is not null || (proto.DataType == 0 && proto.CalculateSize() == 0))
            throw new UnsupportedException("LATHE3060", $"{Path.GetFileName(path)} holds a sequence or an optional, which is not supported");
        return new TensorReader(null).Read(proto);
    }

    /// <summary>The files input_0.pb, input_1.pb ... (or output_) of a folder, in the order of their numbers.</summary>
    public static IReadOnlyList<string> Files(string folder, string kind) => [.. Directory.EnumerateFiles(folder, $"{kind}_*.pb")
        .Select(path => (Path: path, Number: Path.GetFileNameWithoutExtension(path)[(kind.Length + 1)..]))
        .Where(f => int.TryParse(f.Number, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        .OrderBy(f => int.Parse(f.Number, CultureInfo.InvariantCulture))
        .Select(f => f.Path)];

    /// <summary>The names of a model's inputs that have no initializer, in its order: what the numbers of the input files count.</summary>
    public static IReadOnlyList<string> InputNames(string modelPath)
    {
        var graph = ModelFile.Read(modelPath).Graph;
        var stored = graph.Initializer.Select(t => t.Name).ToHashSet();
        return [.. graph.Input.Select(i => i.Name).Where(name => !stored.Contains(name))];
    }
}
