using Lathe.Formats.Onnx;
using Lathe.Formats.TFLite;
using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Formats;

/// <summary>Reads model files of any format that is known, told by their content and not by their names.</summary>
public static class ModelReader
{
    /// <summary>The longest beginning of a file that a format is told by.</summary>
    private const int HeadBytes = 16;

    public static Graph Import(string path, ImportOptions? options = null) =>
        TFLiteImporter.Recognizes(Head(path)) ? TFLiteImporter.Import(path, options) : OnnxImporter.Import(path, options);

    /// <summary>What a file says about itself, without importing it.</summary>
    public static ModelFileInfo Describe(string path) => TFLiteImporter.Recognizes(Head(path)) ? TFLiteInfo.Read(path) : OnnxInfo.Read(path);

    private static byte[] Head(string path)
    {
        using var file = InputFile.OpenRead(path);
        byte[] head = new byte[HeadBytes];
        int read = InputFile.Guard(path, () => file.ReadAtLeast(head, HeadBytes, throwOnEndOfStream: false));
        return head[..read];
    }
}
