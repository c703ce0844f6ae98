using Lathe.Formats.TensorFlow.Importing;
using Lathe.Formats.TensorFlow.Protobuf;
using Lathe.Formats.TensorFlow.Reading;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow;

/// <summary>Reads what a TensorFlow model says about itself.</summary>
internal static class TensorFlowInfo
{
    public static ModelFileInfo ReadSavedModel(string path, ImportOptions options)
    {
        var model = ModelFile.ReadSavedModel(path, options.TagSet);
        var facts = new List<(string, string)>();
        if (model.MetaInfoDef?.Tags is { Count: > 0 } tags)
            facts.Add(("tag set", string.Join(",", tags)));
        foreach (var (key, signature) in Signatures.All(model))
            facts.Add(("signature", Signatures.Text(key, signature)));
        string producer = model.MetaInfoDef?.TensorflowVersion is { Length: > 0 } version ? $"TensorFlow {version}" : "";
        var graph = model.GraphDef ?? new();
        // What is chosen is described; a choice that there is not is the importer's to refuse.
        var signatures = Signatures.All(model).ToList();
        var main = signatures.FirstOrDefault(s => s.Key == (options.Signature ?? Signatures.Default), signatures.FirstOrDefault()).Value;
        var declared = main is null || (options.Signature is null && options.Outputs.Count > 0) ? null : Signatures.InterfaceOf(main);
        return new("SavedModel", producer, graph.Versions?.Producer ?? 0, new Dictionary<string, long>(), Inputs(graph, declared, options), facts);
    }

    public static ModelFileInfo ReadGraph(string path, ImportOptions options)
    {
        var graph = ModelFile.ReadGraph(path);
        return new("TensorFlow graph", "", graph.Versions?.Producer ?? 0, new Dictionary<string, long>(), Inputs(graph, null, options), []);
    }

    private static (string, Shape?)[] Inputs(GraphDef graph, ModelInterface? declared, ImportOptions options)
    {
        var body = Body.OfGraph(graph, new(graph, null));
        var inputs = declared is null && options.Inputs.Count == 0 && options.Outputs.Count == 0 ? GraphInterface.Placeholders(body) : GraphInterface.Of(body, declared, options).Inputs;
        return [.. inputs.Select(i => (i.Name, i.Shape))];
    }
}
