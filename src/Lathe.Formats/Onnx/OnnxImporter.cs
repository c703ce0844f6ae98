using Google.Protobuf;
using Lathe.Formats.Onnx.Importing;
using Lathe.Formats.Onnx.Reading;
using Lathe.Graphs;

namespace Lathe.Formats.Onnx;

/// <summary>
/// Reads ONNX models (opsets 7 to 22, older ones where their ops mean the same) into graphs. Wrong models are
/// <see cref="ModelException"/>s; a model that needs what Lathe lacks is one <see cref="UnsupportedException"/> that lists all such nodes.
/// Outputs keep the model's own names.
/// </summary>
public static class OnnxImporter
{
    /// <summary>Reads a file; tensors that it keeps in other files must lie in its folder.</summary>
    public static Graph Import(string path, ImportOptions? options = null)
    {
        var model = ModelFile.Read(path);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        return new ModelImporter(model, new TensorReader(new ExternalData(folder)), options ?? new()).Import();
    }

    /// <summary>Reads a model from memory; it must not keep tensors in other files.</summary>
    public static Graph Import(ReadOnlyMemory<byte> bytes, ImportOptions? options = null) =>
        new ModelImporter(ModelFile.Parse(new CodedInputStream(bytes.ToArray())), new TensorReader(null), options ?? new()).Import();
}
