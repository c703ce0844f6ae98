using Lathe.Formats.Keras;
using Lathe.Formats.Onnx;
using Lathe.Formats.TensorFlow;
using Lathe.Formats.TFLite;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats;

/// <summary>Reads models of any format that is known, told by their content and not by their names. A model is a file or, for some formats, a folder.</summary>
public static class ModelReader
{
    /// <summary>The longest beginning of a file that a format is told by.</summary>
    internal const int HeadBytes = 64;

    /// <summary>ONNX has no mark of its own, so that it comes last and takes what no other format knows.</summary>
    private static readonly ModelFormat[] Formats =
    [
        new("TFLite", (_, head) => TFLiteImporter.Recognizes(head), TFLiteImporter.Import, TFLiteInfo.Read),
        new("Keras", KerasImporter.Recognizes, KerasImporter.Import, KerasInfo.Read),
        new("SavedModel", (path, head) => TensorFlowImporter.RecognizesSavedModel(path, head), TensorFlowImporter.ImportSavedModel, TensorFlowInfo.ReadSavedModel),
        new("TensorFlow graph", (_, head) => TensorFlowImporter.RecognizesGraph(head), TensorFlowImporter.ImportGraph, TensorFlowInfo.ReadGraph),
        new("ONNX", (path, _) => !Directory.Exists(path), OnnxImporter.Import, (path, _) => OnnxInfo.Read(path)),
    ];

    /// <summary>The names of the formats, as people write them.</summary>
    public static IEnumerable<string> FormatNames => Formats.Select(f => f.Name);

    /// <summary>Throws a <see cref="ModelException"/> or an <see cref="UnsupportedException"/> for what cannot be read.</summary>
    public static Graph Import(string path, ImportOptions? options = null)
    {
        var graph = FormatOf(path).Import(path, options ?? new());
        string[] names = [.. graph.Inputs.Select(i => ((Input)i.Op).InputName)];
        return options?.InputValues.Keys.FirstOrDefault(name => !names.Contains(name)) is not { } unknown
            ? graph
            : throw new ModelException("LATHE3010", $"the model has no input '{unknown}', whose value is given", $"its inputs are: {string.Join(", ", names)}");
    }

    /// <summary>What a model says about itself, without importing it.</summary>
    public static ModelFileInfo Describe(string path, ImportOptions? options = null) => FormatOf(path).Describe(path, options ?? new());

    private static ModelFormat FormatOf(string path)
    {
        byte[] head = Directory.Exists(path) ? [] : Head(path);
        return Formats.FirstOrDefault(f => f.Recognizes(path, head))
            ?? throw new ModelException("LATHE3007", $"'{path}' is a folder and no model", $"give a model's file; what is read: {string.Join(", ", FormatNames)}");
    }

    private static byte[] Head(string path)
    {
        using var file = InputFile.OpenRead(path);
        byte[] head = new byte[HeadBytes];
        int read = InputFile.Guard(path, () => file.ReadAtLeast(head, HeadBytes, throwOnEndOfStream: false));
        return head[..read];
    }
}
