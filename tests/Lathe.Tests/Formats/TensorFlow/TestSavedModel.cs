using Google.Protobuf;
using Lathe.Formats;
using Lathe.Formats.TensorFlow;
using Lathe.Formats.TensorFlow.Protobuf;
using Lathe.Formats.TensorFlow.Reading;
using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Tests.Formats.TensorFlow;

/// <summary>A SavedModel in a folder of its own, which goes with it.</summary>
internal sealed class TestSavedModel : IDisposable
{
    private readonly SavedModel _model = new() { SavedModelSchemaVersion = 1 };

    public TestSavedModel() => Directory.CreateDirectory(Path.Combine(Folder, "variables"));

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), $"lathe-{Guid.NewGuid():N}");

    public string Variables => Path.Combine(Folder, "variables", "variables");

    /// <param name="signatures">"key: input=tensor ... -> output=tensor ..."; an output that begins with ' is text, all others are f32.</param>
    public TestSavedModel Graph(TestGraph graph, string tags, string restore, params string[] signatures)
    {
        var meta = new MetaGraphDef { MetaInfoDef = new() { TensorflowVersion = "2.0" }, GraphDef = graph.Definition };
        meta.MetaInfoDef.Tags.AddRange(tags.Split(',', StringSplitOptions.RemoveEmptyEntries));
        if (restore.Length > 0)
            meta.SaverDef = new() { RestoreOpName = restore };
        foreach (string signature in signatures)
        {
            string[] parts = signature.Split(": ");
            string[] sides = parts[1].Split("->");
            var definition = new SignatureDef();
            foreach (var (side, infos) in sides.Zip([definition.Inputs, definition.Outputs]))
                foreach (string[] pair in side.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=')))
                    infos.Add(pair[0].TrimStart('\''), new TensorInfo { Name = pair[1], Dtype = pair[0][0] == '\'' ? (int)DataType.String : TestGraph.NumberOf(DType.Float32), TensorShape = TestGraph.ShapeOf([2]) });
            meta.SignatureDef.Add(parts[0], definition);
        }
        _model.MetaGraphs.Add(meta);
        return this;
    }

    public TestSavedModel Stored(params (string Key, Tensor Value)[] tensors)
    {
        TestBundle.Write(Variables, tensors.ToDictionary(t => t.Key, t => t.Value));
        return this;
    }

    public Graph Import(ImportOptions? options = null)
    {
        File.WriteAllBytes(Path.Combine(Folder, "saved_model.pb"), _model.ToByteArray());
        return TensorFlowImporter.ImportSavedModel(Folder, options);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
