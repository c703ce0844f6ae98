using Lathe.Formats;
using Lathe.Formats.TensorFlow;
using Lathe.Graphs;
using Lathe.Tests.Formats.TFLite;
using Xunit.Abstractions;

namespace Lathe.Tests.Formats.TensorFlow;

/// <summary>
/// Every SavedModel and frozen graph that others made, but for those with predictions (see <see cref="PredictionTests"/>): each imports, or is listed with its reason in
/// files/tensorflow-exceptions.txt; LATHE_BLESS=1 rewrites that list.
/// </summary>
public class ModelListTests(ITestOutputHelper output)
{
    private const string List = "tensorflow-exceptions.txt";

    /// <summary>Shapes that models do not say, by the beginnings of their paths.</summary>
    private static readonly (string Path, string Shapes)[] Shapes =
    [
        ("superres/", "IteratorGetNext:[1,16,16,1]"),
        ("savedmodel/tf-serving/saved_model_half_plus_", "x:[1,1]"),
        ("suites/tensorflow-onnx/models/regression", "X:[4]"),
        ("suites/tensorflow-onnx/models/gru", "X:[1,28,28]"),
        ("suites/tflite-2.14.1/python/testdata/control_flow_v1", "a:[] b:[] c:[] d:[]"),
    ];

    [Fact]
    public void ModelsImportOrAreListed()
    {
        if (RealModels.Folder is not { } folder)
        {
            output.WriteLine("skipped: no models were found; unpack some into .cache/models");
            return;
        }
        string[] models = [.. Directory.EnumerateFiles(folder, "*.pb", SearchOption.AllDirectories).Where(f => !f.Contains("dl4j-tf", StringComparison.Ordinal)).Where(IsTensorFlow).Order(StringComparer.Ordinal)];
        string[] exceptions = [.. from model in models
                                  let name = Path.GetRelativePath(folder, model).Replace('\\', '/')
                                  let reason = Import(model, name)
                                  where reason is not null
                                  select $"{name}: {reason.Replace("\n", "; ", StringComparison.Ordinal)}"];

        output.WriteLine($"{models.Length - exceptions.Length} of {models.Length} models import");
        string path = TestFiles.InSource(List);
        if (Environment.GetEnvironmentVariable("LATHE_BLESS") == "1")
            File.WriteAllLines(path, exceptions);
        Assert.Equal(File.ReadAllLines(path), exceptions);
    }

    private static string? Import(string model, string name)
    {
        try
        {
            string shapes = Shapes.FirstOrDefault(s => name.StartsWith(s.Path, StringComparison.Ordinal)).Shapes ?? "";
            GraphVerifier.Verify(ModelReader.Import(model, new() { InputShapes = InputShapes.Parse(shapes) }));
            return null;
        }
        catch (Exception e) when (e is ModelException or UnsupportedException)
        {
            return e.Message;
        }
    }

    private static bool IsTensorFlow(string file)
    {
        byte[] head = new byte[64];
        using var stream = File.OpenRead(file);
        head = head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        return TensorFlowImporter.RecognizesGraph(head) || TensorFlowImporter.RecognizesSavedModel(file, head);
    }
}
