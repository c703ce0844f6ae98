using System.Globalization;
using Lathe.Formats.Onnx.Protobuf;
using Lathe.Formats.Onnx.Reading;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx;

/// <summary>Values recorded beside a model as the ONNX backend tests and the model zoo store them: input_K.pb and output_K.pb, a tensor a file.</summary>
public static class OnnxTestData
{
    /// <summary>Reads a recorded tensor. A file does not say whether it holds one; see <see cref="Inputs"/>.</summary>
    public static Tensor Read(string path)
    {
        var proto = ModelFile.Read(path, TensorProto.Parser, "a recorded tensor");
        return new TensorReader(null).Read(proto);
    }

    /// <summary>The files input_0.pb, input_1.pb ... (or output_) of a folder, in the order of their numbers.</summary>
    public static IReadOnlyList<string> Files(string folder, string kind) => [.. Directory.EnumerateFiles(folder, $"{kind}_*.pb")
        .Select(path => (Path: path, Number: Path.GetFileNameWithoutExtension(path)[(kind.Length + 1)..]))
        .Where(f => int.TryParse(f.Number, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        .OrderBy(f => int.Parse(f.Number, CultureInfo.InvariantCulture))
        .Select(f => f.Path)];

    /// <summary>
    /// A model's inputs that have no initializer, in its order, which is what the numbers of the input files count; and whether each is a
    /// tensor, and not a sequence or an optional.
    /// </summary>
    public static IReadOnlyList<(string Name, bool IsTensor)> Inputs(string modelPath)
    {
        var graph = ModelFile.Read(modelPath).Graph;
        var stored = graph.Initializer.Select(t => t.Name).ToHashSet();
        return [.. graph.Input.Where(i => !stored.Contains(i.Name)).Select(i => (i.Name, i.Type?.TensorType is not null))];
    }
}
