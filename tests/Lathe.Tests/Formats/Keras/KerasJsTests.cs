using System.Text.Json;
using System.Text.Json.Nodes;
using Lathe.Formats.Keras.Importing;
using Lathe.Formats.Keras.Reading;
using Lathe.Tensors;
using Xunit.Abstractions;

namespace Lathe.Tests.Formats.Keras;

/// <summary>
/// The layer cases of keras-js: inputs, weights and outputs that Keras 2 recorded with six decimals. What layers they were made with is in
/// files/keras-js-layers.txt.
/// </summary>
public class KerasJsTests(ITestOutputHelper output)
{
    private const int Files = 77;

    [Fact]
    public void AllCasesAgree()
    {
        string folder = Path.Combine(RealModels.Folder ?? "", "suites", "keras-js");
        if (RealModels.Folder is null || !Directory.Exists(folder))
        {
            output.WriteLine("skipped: the suite is not there; unpack it into .cache/models, or set LATHE_MODELS to a folder of it");
            return;
        }
        var layers = File.ReadAllLines(TestFiles.InSource("keras-js-layers.txt")).Where(l => !l.StartsWith('#')).Select(l => l.Split(" = ", 2)).ToDictionary(l => l[0], l => l[1]);
        string[] files = Directory.GetFiles(folder, "*.json", SearchOption.AllDirectories);
        var wrong = new List<string>();
        int cases = 0;
        foreach (string file in files)
        {
            foreach (var (key, data) in JsonNode.Parse(File.ReadAllText(file))!.AsObject())
            {
                cases++;
                try
                {
                    if (Compare(layers[key], data!.AsObject()) is { } difference)
                        wrong.Add($"{key}: {difference}");
                }
                catch (Exception e) when (e is LatheException or KeyNotFoundException)
                {
                    wrong.Add($"{key}: {e.Message}");
                }
            }
        }
        output.WriteLine($"{files.Length} files, {cases} cases");
        wrong.ForEach(output.WriteLine);
        Assert.Empty(wrong);
        Assert.Equal(Files, files.Length);
    }

    private static string? Compare(string description, JsonObject data)
    {
        Tensor[] inputs = data["inputs"] is { } several ? [.. several.AsArray().Select(i => Read(i!))] : [Read(data["input"]!)];
        var weights = new Queue<Tensor>((data["weights"]?.AsArray() ?? []).Select(w => Read(w!)));
        var model = new TestModel { Version = "2.1.2" };
        foreach (var (i, input) in inputs.Index())
            model.Input(inputs.Length == 1 ? "x" : $"x{i}", [.. input.Shape.ToArray().Select(e => (int)e)]);
        string last = "x";
        int calls = 1;
        foreach (var (i, text) in description.Split(" > ").Index())
        {
            string[] words = Words(text);
            string name = words.FirstOrDefault(w => w[0] == '@')?[1..] ?? $"layer{i}";
            string[] reads = [.. words.Where(w => w[0] == '<').Select(w => w[1..].Replace(',', ' '))];
            string settings = string.Join(", ", words.Skip(1).Where(w => w[0] is not ('@' or '<')).Select(w => w.Split('=', 2)).Select(p => $"\"{p[0]}\": {Json(p[1])}"));
            var config = LayerConfig.Read(JsonDocument.Parse("{\"class_name\": \"" + words[0] + "\", \"config\": {" + settings + "}}").RootElement);
            model.Layer(words[0], name, settings, reads.Length > 0 ? reads : [last], [.. Paths(WeightTree.Of(config)).Select(p => (p, weights.Dequeue()))]);
            (last, calls) = (name, Math.Max(1, reads.Length));
        }
        Assert.Empty(weights);
        var actual = model.Output($"{last}:{calls - 1}").RunH5([.. inputs.Select(t => t.Reshape([1, .. t.Shape]))])[0];
        var expected = Read(data["expected"]!);
        Shape whole = [1, .. expected.Shape];
        if (actual.Shape != whole)
            return $"the shape is {actual.Shape} and should be {whole}";
        // What was recorded has six decimals; sums of products that were cancel to more.
        double largest = expected.ToDoubleArray().Select(Math.Abs).Max();
        var comparison = TensorComparison.Of(actual.Reshape(expected.Shape), expected, 0, 2e-5 * Math.Max(1, largest));
        return comparison.Matches ? null : comparison.ToString();
    }

    /// <summary>Where a layer's weights are in a file, in the order of <c>get_weights</c>.</summary>
    private static IEnumerable<string> Paths(LayerWeights weights, string prefix = "") => weights.Slots.Select(s => prefix + s.Role)
        .Concat(weights.Children.SelectMany(c => Paths(c.Weights, $"{prefix}{c.Paths[0]}/")));

    private static string Json(string value) => value[0] is '[' or '{' or '-' || char.IsAsciiDigit(value[0]) || value is "true" or "false" ? value : $"\"{value}\"";

    /// <summary>The words of a text, at blanks; there are none inside JSON here.</summary>
    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static Tensor Read(JsonNode json) => Tensor.Of<float>(
        Shape.Of(json["shape"]!.AsArray().Select(e => e!.GetValue<long>())), [.. json["data"]!.AsArray().Select(e => e!.GetValue<float>())]);
}
