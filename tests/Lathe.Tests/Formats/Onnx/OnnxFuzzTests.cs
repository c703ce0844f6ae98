using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Lathe.Formats.Onnx;
using Lathe.Formats.Onnx.Protobuf;
using Lathe.Graphs;
using Xunit.Abstractions;
using static Lathe.Tests.Formats.Onnx.TestModel;

namespace Lathe.Tests.Formats.Onnx;

/// <summary>
/// Damaged and hostile models: each import succeeds with a valid graph or ends in an error about the model, in bounded time and memory.
/// LATHE_FUZZ_SEED and LATHE_FUZZ_COUNT choose other mutations by hand.
/// </summary>
public class OnnxFuzzTests(ITestOutputHelper output)
{

    [Fact]
    public void DamagedModelsAreRefusedOrRead()
    {
        int seed = Setting("LATHE_FUZZ_SEED", 1);
        int count = Setting("LATHE_FUZZ_COUNT", 3000);
        var models = Models().ToList();
        var outcomes = new Dictionary<string, int>();
        for (int i = 0; i < count; i++)
        {
            var random = new Random(unchecked((seed * 1_000_003) + i));
            byte[] original = models[i % models.Count];
            byte[] mutated = random.Next(2) == 0 ? ModelMutations.Bytes(original, random) : ModelMutations.Message(original, random);
            string outcome = Outcome(mutated, $"seed {seed}, case {i}");
            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
        }
        output.WriteLine($"{models.Count} models, {count} mutations: {string.Join(", ", outcomes.OrderByDescending(o => o.Value).Select(o => $"{o.Key} {o.Value}"))}");
        Assert.True(outcomes.GetValueOrDefault("read") > 0);
        Assert.True(outcomes.Count > 3);
    }

    [Fact]
    public void FunctionsThatDoubleAtEveryLevelAreRefused()
    {
        var model = new TestModel().Input("x", 2).Output("y").Node("F0", "x", "y");
        for (int i = 0; i < 30; i++)
        {
            var function = new FunctionProto { Name = $"F{i}" };
            function.Input.Add("a");
            function.Output.Add("c");
            function.Node.Add(NodeOf(i == 29 ? "Relu" : $"F{i + 1}", "a", "b"));
            function.Node.Add(NodeOf(i == 29 ? "Relu" : $"F{i + 1}", "b", "c"));
            model.Proto.Functions.Add(function);
        }

        Assert.Contains("nodes once its functions are expanded", Assert.Throws<ModelException>(() => model.Import()).Message);
    }

    [Fact]
    public void SubgraphsNestedTooDeeplyAreRefused()
    {
        var inner = new GraphProto { Name = "inner" };
        inner.Node.Add(NodeOf("Relu", "x", "r"));
        inner.Output.Add(new ValueInfoProto { Name = "r" });
        for (int i = 0; i < 60; i++)
        {
            var outer = new GraphProto { Name = "outer" };
            outer.Node.Add(NodeOf("If", "c", "r", Attribute("then_branch", inner), Attribute("else_branch", new GraphProto())));
            outer.Output.Add(new ValueInfoProto { Name = "r" });
            inner = outer;
        }
        var model = new TestModel().Input("x", 2).Ints("c", [], 1).Output("y")
            .Node("If", "c", "y", Attribute("then_branch", inner), Attribute("else_branch", new GraphProto()));

        Assert.Throws<ModelException>(() => model.Import());
    }

    private static string Outcome(byte[] model, string what) => DamagedModel.Outcome(() => GraphVerifier.Verify(OnnxImporter.Import(model)), model.Length, what);

    private static IEnumerable<byte[]> Models()
    {
        yield return LoopTests.Doubling().Bytes;
        yield return LoopTests.Collecting().Bytes;
        yield return new TestModel().Input("x", 1, 3, 8, 8).Floats("w", [4, 3, 3, 3], new float[108]).Floats("b", [4], 1, 2, 3, 4)
            .Node("Conv", "x w b", "c", Attribute("pads", new long[] { 1, 1, 1, 1 }), Attribute("strides", new long[] { 2, 2 }))
            .Node("Relu", "c", "r")
            .Node("MaxPool", "r", "m", Attribute("kernel_shape", new long[] { 2, 2 }), Attribute("auto_pad", "SAME_UPPER"))
            .Node("Flatten", "m", "f").Node("Softmax", "f", "y").Output("y").Bytes;
        yield return new TestModel().Input("x", "n", 12).Ints("two", [1], 2).Ints("rest", [1], -1).Ints("zero", [], 0)
            .Node("Shape", "x", "s").Node("Gather", "s zero", "n").Node("Unsqueeze", "n zero_v", "nv").Ints("zero_v", [1], 0)
            .Node("Concat", "nv two rest", "t", Attribute("axis", 0)).Node("Reshape", "x t", "r")
            .Node("Slice", "r starts ends", "y").Ints("starts", [3], 0, 1, 0).Ints("ends", [3], 9, 2, -1).Output("y").Bytes;
        yield return Branches();
        yield return Functions();
        yield return new TestModel().Input("x", 2, 6).Floats("s", [], 0.5f).TypedInitializer("z", 2, 7)
            .Node("QuantizeLinear", "x s z", "q").Node("DequantizeLinear", "q s z", "d")
            .Node("ReduceMean", "d axes", "y", Attribute("keepdims", 0)).Ints("axes", [1], 1)
            .Node("Resize", "e - - sizes", "z4").Node("Unsqueeze", "d front", "e").Ints("front", [2], 0, 1).Ints("sizes", [4], 1, 1, 4, 12)
            .Node("Range", "a b c", "range").Ints("a", [], 0).Ints("b", [], 10).Ints("c", [], 2)
            .Node("Tile", "range two", "tiled").Ints("two", [1], 3).Node("ConstantOfShape", "shape", "filled").Ints("shape", [2], 3, 4)
            .Output("y").Output("z4").Output("tiled").Output("filled").Bytes;
        string asset = TestFiles.InSource("../../../assets/mnist.onnx");
        if (File.Exists(asset))
            yield return File.ReadAllBytes(asset);
        const string suite = "/usr/share/libonnx-testdata/data/node";
        if (!Directory.Exists(suite))
            yield break;
        foreach (string path in Directory.EnumerateDirectories(suite).Order(StringComparer.Ordinal).Where((_, i) => i % 9 == 0))
            yield return File.ReadAllBytes(Path.Combine(path, "model.onnx"));
    }

    private static byte[] Branches()
    {
        GraphProto Branch(string op)
        {
            var graph = new GraphProto { Name = op };
            graph.Node.Add(NodeOf(op, "x", "out_" + op));
            graph.Output.Add(new ValueInfoProto { Name = "out_" + op });
            return graph;
        }
        return new TestModel().Input("x", 2, 3).TypedInput("c", 9).Output("y")
            .Node("If", "c", "y", Attribute("then_branch", Branch("Relu")), Attribute("else_branch", Branch("Tanh"))).Bytes;
    }

    private static byte[] Functions()
    {
        var model = new TestModel().Input("x", 2, 3).Output("y").Node("Scale", "x", "y", Attribute("factor", 2f));
        var function = new FunctionProto { Name = "Scale" };
        function.Input.Add("a");
        function.Output.Add("b");
        function.Attribute.Add("factor");
        function.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });
        var constant = NodeOf("Constant", "", "f");
        constant.Attribute.Add(new AttributeProto { Name = "value_float", RefAttrName = "factor", Type = AttributeProto.Types.AttributeType.Float });
        function.Node.Add(constant);
        function.Node.Add(NodeOf("Mul", "a f", "b"));
        model.Proto.Functions.Add(function);
        return model.Bytes;
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
