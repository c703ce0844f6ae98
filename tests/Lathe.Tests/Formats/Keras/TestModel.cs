using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Lathe.Formats;
using Lathe.Formats.Keras;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Tests.Formats.Keras;

/// <summary>
/// Builds Keras models for tests: sequential while no layer says what it reads, else functional. The same model can be had as the .h5 files of Keras 2 and as
/// the archives of Keras 3.
/// </summary>
internal sealed partial class TestModel
{
    private readonly List<(string Class, string Name, JsonObject Config, string[][] Calls, (string Path, Tensor Tensor)[] Weights)> _layers = [];
    private readonly List<string> _outputs = [];
    private readonly Random _random = new(7);

    /// <summary>What the file says wrote it.</summary>
    public string Version { get; init; } = "2.9.0";

    public string? Backend { get; init; } = "tensorflow";

    public TestModel Input(string name, params int[] shape) => Input(name, "float32", shape);

    public TestModel Input(string name, string dtype, int[] shape) => Layer("InputLayer", name, $$"""
        "batch_input_shape": [null{{string.Concat(shape.Select(e => e < 0 ? ", null" : $", {e}"))}}], "dtype": "{{dtype}}"
        """);

    /// <summary>A layer: its settings are the members of a JSON object.</summary>
    /// <param name="calls">What each call reads: names of layers, or name:call:output, separated by blanks; none in a sequential model.</param>
    /// <param name="weights">In Keras's order; the path of one in a layer inside has slashes.</param>
    public TestModel Layer(string className, string name, string settings, string[] calls, params (string Path, Tensor Tensor)[] weights)
    {
        var config = JsonNode.Parse("{" + settings + "}")!.AsObject();
        config["name"] = name;
        _layers.Add((className, name, config, [.. calls.Select(c => c.Split(' ', StringSplitOptions.RemoveEmptyEntries))], weights));
        return this;
    }

    public TestModel Layer(string className, string name, string settings = "", params (string Path, Tensor Tensor)[] weights) => Layer(className, name, settings, [], weights);

    public TestModel Layer(string className, string name, string settings, string call, params (string Path, Tensor Tensor)[] weights) => Layer(className, name, settings, [call], weights);

    public TestModel Output(string tensor)
    {
        _outputs.Add(tensor);
        return this;
    }

    /// <summary>Random numbers from -1 to 1.</summary>
    public Tensor Random(params long[] shape)
    {
        var tensor = Tensor.Zeros(DType.Float32, Shape.Of(shape));
        for (long i = 0; i < tensor.Count; i++)
            tensor.SetDouble(i, (_random.NextDouble() * 2) - 1);
        return tensor;
    }

    /// <summary>The configuration as to_json writes it.</summary>
    public JsonObject Config(bool newer = false)
    {
        bool isSequential = _layers.All(l => l.Calls.Length == 0) && _outputs.Count == 0;
        var layers = new JsonArray([.. _layers.Select(l => LayerJson(l, newer, isSequential))]);
        var config = new JsonObject { ["name"] = "tested", ["layers"] = layers };
        if (!isSequential)
        {
            config["input_layers"] = new JsonArray([.. _layers.Where(l => l.Class == "InputLayer").Select(l => (JsonNode)new JsonArray(l.Name, 0, 0))]);
            config["output_layers"] = new JsonArray([.. _outputs.Select(o => (JsonNode)Reference(o))]);
        }
        return new JsonObject { ["class_name"] = isSequential ? "Sequential" : "Functional", ["config"] = config };
    }

    public byte[] ToH5()
    {
        var root = new Hdf5Writer().Attribute("model_config", Config().ToJsonString()).Attribute("keras_version", Version);
        WriteWeights(root.Group("model_weights"));
        return root.ToBytes();
    }

    /// <summary>The weights alone, as save_weights writes them.</summary>
    public byte[] ToWeights()
    {
        var root = new Hdf5Writer();
        WriteWeights(root);
        return root.ToBytes();
    }

    public byte[] ToKeras()
    {
        var root = new Hdf5Writer();
        root.Group("vars");
        var counts = new Dictionary<string, int>();
        foreach (var layer in _layers)
        {
            string name = SnakeCase(layer.Class);
            int count = counts[name] = counts.GetValueOrDefault(name, -1) + 1;
            var group = root.Group($"layers/{(count == 0 ? name : $"{name}_{count}")}");
            group.Group("vars");
            foreach (var inside in layer.Weights.GroupBy(w => Path.GetDirectoryName(w.Path)!))
                foreach (var (i, weight) in inside.Index())
                    group.Group($"{inside.Key}/vars").Dataset($"{i}", weight.Tensor);
        }
        var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            Entry("metadata.json", Encoding.UTF8.GetBytes("""{"keras_version": "3.1.1", "date_saved": "2024-06-26@16:51:48"}"""));
            Entry("config.json", Encoding.UTF8.GetBytes(Config(newer: true).ToJsonString()));
            Entry("model.weights.h5", root.ToBytes());

            void Entry(string name, byte[] bytes)
            {
                using var entry = archive.CreateEntry(name, CompressionLevel.NoCompression).Open();
                entry.Write(bytes);
            }
        }
        return stream.ToArray();
    }

    public Graph Import(ImportOptions? options = null) => KerasImporter.Import(ToH5(), options);

    /// <summary>The outputs for these inputs, of the .h5 file; those of the archive must be the same.</summary>
    public Tensor[] Run(params Tensor[] inputs)
    {
        Tensor[] results = RunH5(inputs);
        foreach (var (a, b) in results.Zip(Evaluate(KerasImporter.Import(ToKeras(), OptionsFor(inputs)), inputs)))
            Assert.True(a.ContentEquals(b), "the archive's outputs differ from the .h5 file's");
        return results;
    }

    public Tensor[] RunH5(params Tensor[] inputs) => [.. Evaluate(KerasImporter.Import(ToH5(), OptionsFor(inputs)), inputs)];

    private ImportOptions OptionsFor(Tensor[] inputs)
    {
        var options = new ImportOptions { InputShapes = new() };
        foreach (var (layer, tensor) in _layers.Where(l => l.Class == "InputLayer").Zip(inputs))
            options.InputShapes.Add(layer.Name, tensor.Shape);
        return options;
    }

    public static IEnumerable<Tensor> Evaluate(Graph graph, params Tensor[] inputs)
    {
        GraphVerifier.Verify(graph);
        var results = new GraphEvaluator().Run(graph, graph.Inputs.Zip(inputs).ToDictionary(p => ((Input)p.First.Op).InputName, p => p.Second));
        return graph.Outputs.Select(o => results[o.Name]);
    }

    private void WriteWeights(Hdf5Writer group)
    {
        group.Attribute("layer_names", [.. _layers.Select(l => l.Name)]).Attribute("keras_version", Version);
        if (Backend is not null)
            group.Attribute("backend", Backend);
        foreach (var layer in _layers)
        {
            string[] names = [.. layer.Weights.Select(w => $"{layer.Name}/{w.Path}:0")];
            var inside = group.Group(layer.Name).Attribute("weight_names", names);
            foreach (var (name, weight) in names.Zip(layer.Weights))
                inside.Dataset(name, weight.Tensor);
        }
    }

    private static JsonNode LayerJson((string Class, string Name, JsonObject Config, string[][] Calls, (string, Tensor)[]) layer, bool newer, bool isSequential)
    {
        var json = new JsonObject { ["class_name"] = layer.Class, ["config"] = layer.Config.DeepClone() };
        if (newer)
            json["module"] = "keras.layers";
        if (isSequential)
            return json;
        json["name"] = layer.Name;
        json["inbound_nodes"] = new JsonArray([.. layer.Calls.Select(call => newer
            ? (JsonNode)new JsonObject
            {
                ["args"] = call.Length == 1 ? new JsonArray(Tensor3(call[0])) : new JsonArray(new JsonArray([.. call.Select(Tensor3)])),
                ["kwargs"] = new JsonObject(),
            }
            : new JsonArray([.. call.Select(t => (JsonNode)new JsonArray([.. Reference(t).Select(n => n!.DeepClone()), new JsonObject()]))]))]);
        return json;
    }

    private static JsonNode Tensor3(string tensor) =>
        new JsonObject { ["class_name"] = "__keras_tensor__", ["config"] = new JsonObject { ["shape"] = new JsonArray(), ["keras_history"] = Reference(tensor) } };

    private static JsonArray Reference(string tensor)
    {
        string[] parts = tensor.Split(':');
        return new JsonArray(parts[0], parts.Length > 1 ? int.Parse(parts[1]) : 0, parts.Length > 2 ? int.Parse(parts[2]) : 0);
    }

    private static string SnakeCase(string name) => Lower().Replace(Upper().Replace(name, "$1_$2"), "$1_$2").ToLowerInvariant();

    [GeneratedRegex("(.)([A-Z][a-z]+)")]
    private static partial Regex Upper();

    [GeneratedRegex("([a-z])([A-Z])")]
    private static partial Regex Lower();
}
