using System.Diagnostics;
using Google.Protobuf;
using Lathe.Formats;
using Lathe.Formats.TensorFlow;
using Lathe.Formats.TensorFlow.Protobuf;
using Lathe.Formats.TensorFlow.Reading;
using Lathe.Graphs;
using Lathe.Tensors;
using Lathe.Tests.Formats.Onnx;
using Lathe.Tests.Formats.TFLite;
using Xunit.Abstractions;

namespace Lathe.Tests.Formats.TensorFlow;

/// <summary>Damaged and hostile graphs, models, checkpoints and compressed blocks: each is read or ends in an error about it, in bounded time and memory.</summary>
public class TensorFlowFuzzTests(ITestOutputHelper output)
{
    private const int Mutations = 2000;

    [Fact]
    public void DamagedGraphsAreRefusedOrRead()
    {
        var graphs = Graphs().Select(g => g.Bytes).ToList();
        Run(9_000_011, (i, random) =>
        {
            byte[] bytes = graphs[i % graphs.Count];
            if (random.Next(3) > 0)
            {
                var graph = GraphDef.Parser.ParseFrom(bytes);
                GraphMutations.Edit(graph, random);
                bytes = graph.ToByteArray();
            }
            else
            {
                bytes = ModelMutations.Bytes(bytes, random);
            }
            return () => GraphVerifier.Verify(TensorFlowImporter.ImportGraph(bytes));
        });
    }

    [Fact]
    public void DamagedSavedModelsAreRefusedOrRead()
    {
        using var built = new TestSavedModel().Graph(new TestGraph().Placeholder("x", DType.Float32, 2).Add("Exp", "y", "x"), "serve", "", "serving_default: a=x -> b=y")
            .Graph(new TestGraph().Placeholder("x", DType.Float32, 2).Add("VarHandleOp", "w", "", ("shared_name", "w")).Add("ReadVariableOp", "r", "w").Add("Mul", "y", "x r"), "serve,gpu", "", "serving_default: a=x -> b=y")
            .Stored(("w", Tensor.Vector(1f, 2f)));
        built.Import();
        string path = Path.Combine(built.Folder, "saved_model.pb");
        byte[] whole = File.ReadAllBytes(path);
        Run(9_100_003, (i, random) =>
        {
            File.WriteAllBytes(path, ModelMutations.Bytes(whole, random));
            string[] tags = i % 2 == 0 ? [] : ["serve", "gpu"];
            return () => GraphVerifier.Verify(TensorFlowImporter.ImportSavedModel(built.Folder, new ImportOptions { TagSet = tags }));
        });
    }

    [Fact]
    public void DamagedCheckpointsAreRefusedOrRead()
    {
        using var built = new TestSavedModel();
        var tensors = Enumerable.Range(0, 12).ToDictionary(i => $"layer_{i}/weights", i => Tensor.Vector<float>([.. Enumerable.Range(0, i).Select(j => (float)j)]));
        var tables = new List<byte[]>();
        foreach (bool compressed in new[] { false, true })
        {
            TestBundle.Write(built.Variables, tensors, compressed);
            tables.Add(File.ReadAllBytes(built.Variables + ".index"));
        }
        Run(9_200_009, (i, random) =>
        {
            // Half of them have right checksums, so that what is behind them is reached.
            byte[] bytes = i % 2 == 0
                ? ModelMutations.Bytes(tables[i / 2 % 2], random)
                : TestBundle.Table([.. SortedTable.Read(tables[0]).Select(e => (e.Key, random.Next(8) == 0 ? ModelMutations.Bytes(e.Value.ToArray(), random) : e.Value.ToArray()))], damage: random);
            File.WriteAllBytes(built.Variables + ".index", bytes);
            return () =>
            {
                var bundle = TensorBundle.Open(built.Variables);
                foreach (string key in bundle.Keys)
                    bundle.Read(key);
            };
        });
    }

    [Fact]
    public void DamagedBlocksAreRefusedOrExpanded()
    {
        byte[] block = TestBundle.Compressed([.. Enumerable.Range(0, 600).Select(i => (byte)(i % 4 * (i / 150)))]);
        Run(9_300_007, (_, random) =>
        {
            byte[] bytes = ModelMutations.Bytes(block, random);
            return () => Snappy.Expand(bytes);
        });
    }

    [Fact]
    public void DamagedTextsAreRefusedOrRead()
    {
        byte[] text = System.Text.Encoding.UTF8.GetBytes(TextMessageTests.Graph);
        Run(9_400_001, (_, random) =>
        {
            string damaged = System.Text.Encoding.UTF8.GetString(ModelMutations.Bytes(text, random));
            return () => TextMessage.Parse(damaged, new GraphDef());
        });
    }

    private void Run(int seed, Func<int, Random, Action> make)
    {
        var outcomes = new Dictionary<string, int>();
        for (int i = 0; i < Mutations; i++)
        {
            string outcome = DamagedModel.Outcome(make(i, new Random(seed + i)), 0, $"case {i}");
            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
        }
        output.WriteLine(string.Join(", ", outcomes.OrderByDescending(o => o.Value).Select(o => $"{o.Key} {o.Value}")));
        Assert.True(outcomes.GetValueOrDefault("read") > 0);
        Assert.True(outcomes.Count > 1);
    }

    private static IEnumerable<TestGraph> Graphs()
    {
        yield return new TestGraph().Placeholder("x", DType.Float32, -1, 8, 8, 3).Const("w", Tensor.Zeros(DType.Float32, [3, 3, 3, 4])).Floats("b", 1, 2, 3, 4).Ints("flat", 1, -1)
            .Add("Conv2D", "c", "x w", ("padding", "SAME"), ("strides", new long[] { 1, 2, 2, 1 }), ("data_format", "NHWC")).Add("BiasAdd", "d", "c b").Add("Relu", "r", "d")
            .Add("MaxPool", "m", "r", ("ksize", new long[] { 1, 2, 2, 1 }), ("strides", new long[] { 1, 2, 2, 1 }), ("padding", "VALID"))
            .Add("Reshape", "f", "m flat").Add("Softmax", "y", "f");
        yield return new TestGraph().Placeholder("x", DType.Float32, 4, 6).Ints("begin", 0, 1).Ints("end", 3, 5).Ints("strides", 1, 2).Number("axis", 1).Const("pads", Tensor.Of(Shape.Of(2, 2), 1, 0, 0, 2)).Ints("perm", 1, 0)
            .Add("StridedSlice", "s", "x begin end strides", ("begin_mask", 1), ("shrink_axis_mask", 0)).Add("Pad", "p", "s pads").Add("Transpose", "t", "p perm").Add("ConcatV2", "c", "t t axis", ("N", 2))
            .Add("Split", "l", "axis c", ("num_split", 2)).Add("GatherV2", "g", "l begin axis").Add("Sum", "u", "g axis", ("keep_dims", true)).Add("Tile", "k", "u strides").Add("TopKV2", "y", "k axis").Add("Cumsum", "z", "y axis");
        yield return new TestGraph().Placeholder("x", DType.Float32, 2).Placeholder("p", DType.Bool, []).Number("zero", 0).Number("three", 3).Ints("shape", 2)
            .Function("goes", "i x l", "r=less:z:0", TestGraph.Node("Const", "n", "", ("value", Tensor.Scalar(3))), TestGraph.Node("Less", "less", "i n:output:0"))
            .Function("round", "i x l", "i2=next:z:0 x2=sum:z:0 l2=set:output_handle:0", TestGraph.Node("Const", "one", "", ("value", Tensor.Scalar(1))), TestGraph.Node("Add", "next", "i one:output:0"), TestGraph.Node("Add", "sum", "x x"), TestGraph.Node("TensorListSetItem", "set", "l i sum:z:0"))
            .Add("TensorListReserve", "list", "shape three", ("element_dtype", DType.Float32))
            .Add("While", "w", "zero x list", ("cond", TensorFlowImporterTests.Named("goes")), ("body", TensorFlowImporterTests.Named("round"))).Add("TensorListStack", "st", "w:2 shape")
            .Add("Switch", "s", "x p").Add("Neg", "n", "s:0").Add("Merge", "m", "n s:1").Add("Add", "y", "m w:1").Add("Neg", "z", "st");
        foreach (var loop in LoopTests.Newton())
            yield return loop;
        string[] real = RealModels.Folder is { } folder ? [Path.Combine(folder, "suites", "dl4j-tf", "simplewhile_nested", "frozen_model.pb"), Path.Combine(folder, "suites", "dl4j-tf", "primitive_lstm", "frozen_model.pb")] : [];
        foreach (string path in real.Where(File.Exists))
        {
            var graph = new TestGraph();
            graph.Definition.MergeFrom(File.ReadAllBytes(path));
            yield return graph;
        }
    }
}
