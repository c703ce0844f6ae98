using Lathe.Formats.TensorFlow.Importing;
using Lathe.Formats.TensorFlow.Protobuf;
using Lathe.Formats.TensorFlow.Reading;
using Lathe.Graphs;

namespace Lathe.Formats.TensorFlow;

/// <summary>
/// Reads TensorFlow's SavedModels and graphs whose variables are constants ("frozen") into graphs. Wrong models are <see cref="Lathe.ModelException"/>s; a model
/// that needs what Lathe lacks is one <see cref="UnsupportedException"/> that lists all such nodes. Inputs and outputs have a signature's names, or their nodes'.
/// </summary>
public static class TensorFlowImporter
{
    /// <summary>Whether a path is a SavedModel, a folder or its file, which begins with <paramref name="head"/>.</summary>
    public static bool RecognizesSavedModel(string path, ReadOnlySpan<byte> head) => ModelFile.IsSavedModel(path, head);

    /// <summary>Whether a file that begins so is a graph by itself.</summary>
    public static bool RecognizesGraph(ReadOnlySpan<byte> head) => ModelFile.IsGraph(head);

    public static Graph ImportSavedModel(string path, ImportOptions? options = null)
    {
        options ??= new();
        var model = ModelFile.ReadSavedModel(path, options.TagSet);
        return Import(model, ModelFile.Checkpoint(path), options, path);
    }

    public static Graph ImportGraph(string path, ImportOptions? options = null) => Import(ModelFile.ReadGraph(path), options ?? new());

    /// <summary>Reads a graph from memory.</summary>
    public static Graph ImportGraph(ReadOnlySpan<byte> bytes, ImportOptions? options = null) => Import(ModelFile.ParseGraph(bytes), options ?? new());

    private static Graph Import(GraphDef graph, ImportOptions options)
    {
        var functions = new FunctionLibrary(graph, null);
        var body = Body.OfGraph(graph, functions);
        return new ModelImporter(functions, null, options).Import(body, GraphInterface.Of(body, null, options), [], "main");
    }

    private static Graph Import(MetaGraphDef model, TensorBundle? checkpoint, ImportOptions options, string path)
    {
        var graph = model.GraphDef ?? new();
        var functions = new FunctionLibrary(graph, model.MetaInfoDef?.StrippedOpList);
        var body = Body.OfGraph(graph, functions);
        var signature = options is { Signature: null, Outputs.Count: > 0 } ? null : Signatures.Choose(model, options.Signature);
        var importer = new ModelImporter(functions, checkpoint, options);
        foreach (var (at, text) in Assets.Of(model, path))
            importer.DefineText(at, text);
        return importer.Import(body, GraphInterface.Of(body, signature is null ? null : Signatures.InterfaceOf(signature), options), Signatures.SetUp(model), "main");
    }
}
