using Google.Protobuf;
using Lathe.Formats.TensorFlow.Protobuf;
using Lathe.Formats.TensorFlow.Reading;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Importing;

/// <summary>The files of a SavedModel that constants of its graph name. They lie in its folder "assets", and nowhere else.</summary>
internal static class Assets
{
    public static IEnumerable<(Endpoint At, StringTensor Path)> Of(MetaGraphDef model, string path)
    {
        string folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        foreach (var asset in model.AssetFileDef)
        {
            string name = asset.Filename;
            if (name.Length == 0 || name != Path.GetFileName(name) || name.Contains('\\') || name is "." or "..")
                throw new ModelException("LATHE3565", $"the model names a file '{name}', which is not one of its folder's", "refuse models that ask for other files");
            if (asset.TensorInfo?.Name is { Length: > 0 } tensor)
                yield return (Endpoint.Parse(tensor), new(Shape.Scalar, [ByteString.CopyFromUtf8(Path.Combine(folder, "assets", name))]));
        }
    }
}
