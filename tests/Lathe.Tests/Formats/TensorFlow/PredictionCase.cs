using System.Globalization;
using Lathe.Formats;
using Lathe.Formats.TensorFlow;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Tensors;

namespace Lathe.Tests.Formats.TensorFlow;

/// <summary>
/// A frozen graph with TensorFlow's predictions, as the test resources of Deeplearning4j keep them: frozen_model.pb, and beside or below it files NODE.prediction.csv with a number a
/// line and NODE.prediction.shape with an extent a line; placeholders likewise.
/// </summary>
internal sealed class PredictionCase(string root, string folder)
{
    private const string Model = "frozen_model.pb";
    private const double Relative = 1e-3, Absolute = 1e-5;

    public string Name { get; } = Path.GetRelativePath(root, folder).Replace('\\', '/');

    public static IReadOnlyList<PredictionCase> Find(string root) =>
        [.. Directory.EnumerateFiles(root, Model, SearchOption.AllDirectories).Select(f => new PredictionCase(root, Path.GetDirectoryName(f)!)).OrderBy(c => c.Name, StringComparer.Ordinal)];

    /// <summary>Null where all predictions agree, else what does not.</summary>
    public string? Run(GraphEvaluator evaluator)
    {
        string[] outputs = [.. Tensors("prediction")];
        if (outputs.Length == 0)
            return "it has no predictions";
        var inputs = Tensors("placeholder").ToDictionary(n => n, n => Read(n, "placeholder"));
        try
        {
            var shapes = new InputShapes();
            foreach (var (name, tensor) in inputs)
                if (File.Exists(Path.Combine(folder, $"{name}.placeholder.shape")))
                    shapes.Add(name, tensor.Shape);
            var graph = TensorFlowImporter.ImportGraph(Path.Combine(folder, Model), new() { Outputs = [.. outputs.Select(Endpoint)], InputShapes = shapes });
            var used = graph.Inputs.ToDictionary(i => ((Lathe.Graphs.Ops.Input)i.Op).InputName, i => i.Type);
            if (used.Keys.FirstOrDefault(u => !inputs.ContainsKey(u)) is { } missing)
                return $"the suite has no values for the placeholder '{missing}'";
            var results = evaluator.Run(graph, used.ToDictionary(u => u.Key, u => inputs[u.Key].Cast(u.Value.Element).Reshape(u.Value.Shape)));
            foreach (string output in outputs)
            {
                var actual = results[Endpoint(output)];
                var expected = Read(output, "prediction");
                // Some predictions have no file for their shape.
                if (expected.Count == actual.Count && !File.Exists(Path.Combine(folder, $"{output}.prediction.shape")))
                    expected = expected.Reshape(actual.Shape);
                var comparison = TensorComparison.Of(actual.Cast(DType.Float64), expected, Relative, Absolute);
                if (!comparison.Matches)
                    return $"{output}: {comparison}";
            }
            return null;
        }
        catch (UnsupportedException e)
        {
            return e.Message;
        }
        catch (ModelException e)
        {
            return e.Message;
        }
    }

    /// <summary>"node.1" is output 1 of "node"; slashes of a node's name are folders, or four underscores.</summary>
    private static string Endpoint(string name)
    {
        name = name.Replace("____", "/", StringComparison.Ordinal);
        int dot = name.LastIndexOf('.');
        return dot > 0 && int.TryParse(name.AsSpan(dot + 1), out int output) ? output == 0 ? name[..dot] : $"{name[..dot]}:{output}" : name;
    }

    private IEnumerable<string> Tensors(string kind) =>
        from file in Directory.EnumerateFiles(folder, $"*.{kind}.csv", SearchOption.AllDirectories)
        where !Folders(file).Any(f => File.Exists(Path.Combine(f, Model)))
        orderby file
        select Path.GetRelativePath(folder, file).Replace('\\', '/')[..^($".{kind}.csv".Length)];

    /// <summary>The folders between the model's and a file.</summary>
    private IEnumerable<string> Folders(string file)
    {
        for (string at = Path.GetDirectoryName(file)!; at.Length > folder.Length; at = Path.GetDirectoryName(at)!)
            yield return at;
    }

    /// <summary>A scalar's shape is an empty file or a 0.</summary>
    private Tensor Read(string name, string kind)
    {
        string path = Path.Combine(folder, name);
        long[] shape = [.. Lines($"{path}.{kind}.shape").Select(l => long.Parse(l, CultureInfo.InvariantCulture))];
        double[] numbers = [.. Lines($"{path}.{kind}.csv").Select(Number)];
        if (!File.Exists($"{path}.{kind}.shape"))
            shape = [numbers.Length];
        return Tensor.Of(shape is [0] && numbers.Length == 1 ? Shape.Scalar : Shape.Of(shape), numbers);
    }

    private static double Number(string text) => text.ToLowerInvariant() switch
    {
        "true" => 1,
        "false" => 0,
        "nan" => double.NaN,
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        var number => double.Parse(number, CultureInfo.InvariantCulture),
    };

    private static IEnumerable<string> Lines(string path) => File.Exists(path) ? File.ReadLines(path).Select(l => l.Trim()).Where(l => l.Length > 0) : [];
}
