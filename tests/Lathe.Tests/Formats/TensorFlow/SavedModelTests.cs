using Lathe.Formats;
using Lathe.Formats.TensorFlow.Protobuf;
using Lathe.Formats.TensorFlow.Reading;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Tests.Formats.TensorFlow;

/// <summary>SavedModels that are built here: signatures, tags, variables and their checkpoint.</summary>
public class SavedModelTests
{
    private const string Serve = "serving_default: a=x -> b=y";

    private static TestGraph Scaled => new TestGraph().Placeholder("x", DType.Float32, 2)
        .Add("VarHandleOp", "w", "", ("shared_name", "layer/w")).Add("ReadVariableOp", "read", "w", ("dtype", DType.Float32)).Add("Mul", "y", "x read");

    [Fact]
    public void SignaturesNameInputsAndOutputsAndVariablesComeFromTheCheckpoint()
    {
        using var model = new TestSavedModel().Graph(Scaled, "serve", "", Serve).Stored(("layer/w", Tensor.Vector(3f, 5f)), ("layer/v", Tensor.Vector(1f)));

        var graph = model.Import();

        Assert.Equal("a", ((Input)graph.Inputs.Single().Op).InputName);
        Assert.Equal([6, 20], Run(graph, "b", ("a", Tensor.Vector(2f, 4f))));
    }

    [Fact]
    public void VariablesAreWhatTheModelItselfRestores()
    {
        var graph = new TestGraph().Placeholder("x", DType.Float32, 2).Add("VarHandleOp", "w", "", ("shared_name", "w"))
            .Function(
                "restore",
                "prefix handle",
                "r=done:output:0",
                TestGraph.Node("Identity", "done", "prefix ^assign"),
                TextNode("names", "objects/0/value"),
                TextNode("parts", ""),
                TestGraph.Node("RestoreV2", "restored", "prefix names:output:0 parts:output:0"),
                TestGraph.Node("AssignVariableOp", "assign", "handle restored:tensors:0"))
            .Texts("prefix", "somewhere").Add("StatefulPartitionedCall", "run_restore", "prefix w", ("f", TensorFlowImporterTests.Named("restore")))
            .Add("ReadVariableOp", "read", "w").Add("Mul", "y", "x read");
        using var model = new TestSavedModel().Graph(graph, "serve", "run_restore", Serve).Stored(("objects/0/value", Tensor.Vector(10f, 100f)));

        Assert.Equal([20, 400], Run(model.Import(), "b", ("a", Tensor.Vector(2f, 4f))));
    }

    [Fact]
    public void VariablesOfTensorFlow1AreRestoredByTheirNames()
    {
        var graph = new TestGraph().Placeholder("x", DType.Float32, 2).Add("VariableV2", "w", "").Add("Identity", "w/read", "w").Add("Mul", "y", "x w/read");
        using var model = new TestSavedModel().Graph(graph, "serve", "", Serve).Stored(("w", Tensor.Vector(7f, 8f)));

        Assert.Equal([7, 8], Run(model.Import(), "b", ("a", Tensor.Vector(1f, 1f))));
    }

    /// <summary>A tensor of [100, 2] in two parts of rows; the model restores a part that lies over both.</summary>
    [Fact]
    public void VariablesThatAreStoredInPartsAreJoinedAndCut()
    {
        var graph = new TestGraph().Placeholder("x", DType.Float32, 2).Add("VariableV2", "table/part_1", "").Add("VariableV2", "table", "")
            .Texts("prefix", "somewhere").Texts("names", "table").Texts("parts", "100 2 69,2:-").Add("RestoreV2", "restored", "prefix names parts").Add("Assign", "assign", "table/part_1 restored")
            .Add("NoOp", "restore_all", "^assign").Add("Sum", "cut", "table/part_1 axis").Number("axis", 0).Add("Sum", "all", "table axis").Add("Add", "z", "x all").Add("Add", "y", "x cut");
        var whole = Tensor.Of<float>(Shape.Of(100, 2), [.. Enumerable.Range(0, 200).Select(i => (float)i)]);
        TensorSliceProto[] parts = [.. new[] { (0, 70), (70, 30) }.Select(p => new TensorSliceProto { Extent = { new SliceExtent { Start = p.Item1, Length = p.Item2 }, new SliceExtent() } })];
        using var model = new TestSavedModel().Graph(graph, "serve", "restore_all", "serving_default: a=x -> b=y c=z");
        TestBundle.Write(
            model.Variables,
            new Dictionary<string, Tensor> { ["table"] = whole, [PartKey.Of("table", parts[0])] = Rows(whole, 0, 70), [PartKey.Of("table", parts[1])] = Rows(whole, 70, 30) },
            parts: new Dictionary<string, TensorSliceProto[]> { ["table"] = parts });

        Assert.Equal([138 + 140, 139 + 141], Run(model.Import(), "b", ("a", Tensor.Vector(0f, 0f))));
        Assert.Equal([9900, 10000], Run(model.Import(), "c", ("a", Tensor.Vector(0f, 0f))));
    }

    /// <summary>As TensorFlow writes them: 0 and 69 take one byte and two, -1 is all of an axis.</summary>
    [Fact]
    public void PartsHaveKeysThatSortAsTheyDo()
    {
        var part = new TensorSliceProto { Extent = { new SliceExtent { Start = 69, Length = 8200 }, new SliceExtent() } };

        Assert.Equal("\0a\0\u0001\u0001\u0002\u00c0\u0045\u00e0\u0020\u0008\u0080\u007f", PartKey.Of("a", part));
    }

    [Fact]
    public void AVariableIsReadAfterWhatTheReadingWaitsFor()
    {
        var graph = Scaled.Add("ReadVariableOp", "old", "w").Add("Add", "changed", "old old").Add("AssignVariableOp", "assign", "w changed").Add("ReadVariableOp", "new", "w ^assign").Add("Mul", "z", "x new");
        using var model = new TestSavedModel().Graph(graph, "serve", "", "serving_default: a=x -> b=z c=y").Stored(("layer/w", Tensor.Vector(3f, 5f)));

        Assert.Equal([6, 10], Run(model.Import(), "b", ("a", Tensor.Vector(1f, 1f))));
    }

    [Fact]
    public void TablesAreFilledByTheModelsSetUp()
    {
        var graph = new TestGraph().Placeholder("x", DType.Float32, 2).Add("HashTableV2", "table", "", ("shared_name", "t"))
            .Floats("keys", 5, 7).Floats("values", 50, 70).Floats("none", -1).Add("LookupTableImportV2", "fill", "table keys values").Add("NoOp", "init", "^fill")
            .Add("LookupTableFindV2", "y", "table x none");
        using var model = new TestSavedModel().Graph(graph, "serve", "init", Serve);

        Assert.Equal([70, -1], Run(model.Import(), "b", ("a", Tensor.Vector(7f, 6f))));
    }

    /// <summary>Names of classes, as classifiers give them beside their scores; alone they are refused.</summary>
    [Fact]
    public void OutputsOfTextAreLeftOutBesideOthers()
    {
        var graph = new TestGraph().Placeholder("x", DType.Float32, 2).Add("HashTableV2", "table", "", ("shared_name", "t")).Const("keys", Tensor.Vector(0L, 1)).Texts("values", "cat", "dog").Texts("none", "?")
            .Add("LookupTableImportV2", "fill", "table keys values").Add("NoOp", "init", "^fill").Number("axis", 0).Add("ArgMax", "best", "x axis").Add("LookupTableFindV2", "name", "table best none")
            .Add("Softmax", "y", "x");
        using var model = new TestSavedModel().Graph(graph, "serve", "init", "serving_default: a=x -> b=y 'class=name", "names: a=x -> 'class=name");

        Assert.Equal("b", model.Import().Outputs.Single().Name);
        Assert.Contains("its values are texts", Assert.Throws<UnsupportedException>(() => model.Import(new() { Signature = "names" })).Places.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void SignaturesAndTagsAreChosenByNameAndUnknownOnesAreListed()
    {
        using var model = new TestSavedModel()
            .Graph(new TestGraph().Placeholder("x", DType.Float32, 2).Add("Neg", "y", "x").Add("Abs", "z", "x"), "serve", "", "first: a=x -> b=y", "second: a=x -> c=z")
            .Graph(new TestGraph().Placeholder("x", DType.Float32, 2).Add("Exp", "y", "x"), "serve,gpu", "", Serve);

        Assert.Equal("c", model.Import(new() { Signature = "second" }).Outputs.Single().Name);
        Assert.Contains(model.Import(new() { TagSet = ["gpu", "serve"] }).Nodes, n => n.Op is Exp);
        Assert.Contains("first, second", Assert.Throws<ModelException>(() => model.Import()).Next);
        Assert.Contains("first, second", Assert.Throws<ModelException>(() => model.Import(new() { Signature = "third" })).Next);
        Assert.Contains("serve,gpu", Assert.Throws<ModelException>(() => model.Import(new() { TagSet = ["tpu"] })).Next);
    }

    [Fact]
    public void ModelsAreToldByContentAndDescribed()
    {
        using var model = new TestSavedModel().Graph(Scaled, "serve", "", Serve).Stored(("layer/w", Tensor.Vector(3f, 5f)));
        model.Import();
        string file = Path.Combine(model.Folder, "graph.pb");
        File.WriteAllBytes(file, new TestGraph().Placeholder("x", DType.Float32, 2).Add("Neg", "y", "x").Bytes);

        Assert.Equal("SavedModel", ModelReader.Describe(model.Folder).Format);
        Assert.Equal("SavedModel", ModelReader.Describe(Path.Combine(model.Folder, "saved_model.pb")).Format);
        Assert.Contains(ModelReader.Describe(model.Folder).Facts, f => f is ("signature", "serving_default(a: float[2]) -> b"));
        Assert.Equal("TensorFlow graph", ModelReader.Describe(file).Format);
        Assert.Single(ModelReader.Import(file).Outputs);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void CheckpointsAreReadAndTheirDamageIsFound(bool compressed)
    {
        using var model = new TestSavedModel();
        var tensors = new Dictionary<string, Tensor> { ["a/one"] = Tensor.Vector(1f, 2f), ["a/other"] = Tensor.Vector(5L), ["b"] = Tensor.Scalar(true) };
        TestBundle.Write(model.Variables, tensors, compressed);

        var bundle = TensorBundle.Open(model.Variables);

        Assert.Equal(tensors.Keys.Order(), bundle.Keys.Order());
        Assert.All(tensors, t => Assert.True(bundle.Read(t.Key)!.ContentEquals(t.Value)));
        Assert.Null(bundle.Read("c"));

        string data = model.Variables + ".data-00000-of-00001";
        byte[] bytes = File.ReadAllBytes(data);
        bytes[1] ^= 1;
        File.WriteAllBytes(data, bytes);
        Assert.Equal("LATHE3557", Assert.Throws<ModelException>(() => TensorBundle.Open(model.Variables).Read("a/one")).Code);
        File.WriteAllBytes(data, bytes[..4]);
        Assert.Equal("LATHE3556", Assert.Throws<ModelException>(() => TensorBundle.Open(model.Variables).Read("a/other")).Code);
    }

    [Fact]
    public void BlocksExpandToWhatWasCompressed()
    {
        byte[] bytes = [.. Enumerable.Range(0, 1000).Select(i => (byte)(i % 4 * (i / 300)))];

        Assert.Equal(bytes, Snappy.Expand(TestBundle.Compressed(bytes)));
        Assert.Equal("abababababab"u8.ToArray(), Snappy.Expand([12, 1 << 2, .. "ab"u8, (10 - 4) << 2 | 1, 2]));
        Assert.Throws<ModelException>(() => Snappy.Expand([12, 1 << 2, .. "ab"u8, (10 - 4) << 2 | 1, 3]));
        Assert.Throws<ModelException>(() => Snappy.Expand([255, 255, 255, 127, 0, 1]));
    }

    private static Tensor Rows(Tensor whole, int from, int count) =>
        Tensor.Of<float>(Shape.Of(count, 2), [.. whole.Span<float>().Slice(2 * from, 2 * count)]);

    private static double[] Run(Lathe.Graphs.Graph graph, string output, params (string Name, Tensor Value)[] inputs) =>
        new GraphEvaluator().Run(graph, inputs.ToDictionary(i => i.Name, i => i.Value))[output].ToDoubleArray();

    private static Lathe.Formats.TensorFlow.Protobuf.NodeDef TextNode(string name, string text) => new TestGraph().Texts(name, text).Definition.Node[0];
}
