using Lathe.Formats;
using Lathe.Formats.Keras.Reading.Hdf5;
using Lathe.Graphs;
using Lathe.Tensors;
using Xunit.Abstractions;

namespace Lathe.Tests.Formats.Keras;

/// <summary>
/// The Keras files that Deeplearning4j tests with, of Keras 1 and 2. Models that are not imported are listed, with their reasons, in files/keras-unsupported.txt;
/// LATHE_BLESS=1 rewrites that list. Where predictions were recorded, the whole file's and the split files' agree with them.
/// </summary>
public class Dl4jKerasTests(ITestOutputHelper output)
{
    private const string RecordEnding = "_inputs_and_outputs.h5";

    private static string? Folder => RealModels.Folder is { } models && Directory.Exists(Path.Combine(models, "suites", "dl4j-keras")) ? Path.Combine(models, "suites", "dl4j-keras") : null;

    [Fact]
    public void ModelsAreImportedOrKnownToBeUnsupported()
    {
        if (Folder is not { } folder)
        {
            output.WriteLine("skipped: the suite is not there; unpack it into .cache/models, or set LATHE_MODELS to a folder of it");
            return;
        }
        int imported = 0, models = 0;
        var refused = new List<string>();
        var files = Directory.EnumerateFiles(folder, "*.*5", SearchOption.AllDirectories).Where(f => !f.EndsWith(RecordEnding, StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        foreach (string file in files)
        {
            string name = Path.GetRelativePath(folder, file).Replace('\\', '/');
            try
            {
                GraphVerifier.Verify(ModelReader.Import(file, new ImportOptions { InputShapes = ShapesFor(file) }));
                imported++;
            }
            catch (ModelException e) when (e.Code == "LATHE3413")
            {
                // Weights alone are no model.
                continue;
            }
            catch (LatheException e)
            {
                refused.Add($"{name}, {e.Code}: {e.Message.Replace("\n", "; ", StringComparison.Ordinal)}");
            }
            models++;
        }
        output.WriteLine($"{imported} of {models} models are imported");
        string list = string.Concat(refused.Select(r => $"{r}\n"));
        if (Environment.GetEnvironmentVariable("LATHE_BLESS") == "1")
            File.WriteAllText(TestFiles.InSource("keras-unsupported.txt"), list);
        Assert.True(imported >= 0.9 * models, $"{imported} of {models} models are imported");
        Assert.Equal(File.ReadAllText(TestFiles.InSource("keras-unsupported.txt")), list);
    }

    [Fact]
    public void RecordedPredictionsAgree()
    {
        if (Folder is not { } folder)
        {
            output.WriteLine("skipped: the suite is not there; unpack it into .cache/models, or set LATHE_MODELS to a folder of it");
            return;
        }
        var wrong = new List<string>();
        int compared = 0;
        foreach (string record in Directory.EnumerateFiles(folder, "*" + RecordEnding, SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string stem = record[..^RecordEnding.Length];
            foreach (string model in new[] { $"{stem}_model.h5", $"{stem}_config.json" }.Where(File.Exists))
            {
                compared++;
                if (Compare(model, Hdf5File.Open(new FileBytes(record))) is { } difference)
                    wrong.Add($"{Path.GetFileName(model)}: {difference}");
            }
        }
        output.WriteLine($"{compared} models were compared");
        Assert.Empty(wrong);
        Assert.True(compared > 60, $"only {compared} models were compared");
    }

    private static string? Compare(string model, Hdf5Group record)
    {
        Tensor[] inputs = [.. Arrays(record, "inputs")];
        try
        {
            var described = ModelReader.Describe(model);
            var shapes = new InputShapes();
            foreach (var (declared, given) in described.Inputs.Zip(inputs))
                shapes.Add(declared.Name, given.Shape);
            var graph = ModelReader.Import(model, new ImportOptions { InputShapes = shapes });
            var typed = graph.Inputs.Zip(inputs, (i, t) => t.Cast(i.Element)).ToArray();
            foreach (var (actual, expected) in TestModel.Evaluate(graph, typed).Zip(Arrays(record, "predictions")))
            {
                var comparison = TensorComparison.Of(actual, expected.Cast(actual.Type), 1e-4, 1e-5);
                if (!comparison.Matches)
                    return comparison.ToString();
            }
            return null;
        }
        catch (LatheException e)
        {
            return e.Message;
        }
    }

    private static IEnumerable<Tensor> Arrays(Hdf5Group record, string group)
    {
        Assert.True(record.TryGroup(group, out var arrays), $"'{record.File.Name}' has no {group}");
        foreach (string name in arrays.Names.Order(StringComparer.Ordinal))
            if (arrays.TryDataset(name, out var dataset))
                yield return dataset.Read();
    }

    /// <summary>Extents that models leave open and that no run here gives: long enough for every window.</summary>
    private static InputShapes ShapesFor(string file)
    {
        var shapes = new InputShapes();
        try
        {
            foreach (var (name, shape) in ModelReader.Describe(file).Inputs)
                if (shape is not null && shape.Skip(1).Any(d => !d.IsKnown))
                    shapes.Add(name, [.. shape.Select((d, axis) => d.IsKnown ? d : axis == 0 ? 1 : 32)]);
        }
        catch (LatheException)
        {
            // The import says what is wrong.
        }
        return shapes;
    }
}
