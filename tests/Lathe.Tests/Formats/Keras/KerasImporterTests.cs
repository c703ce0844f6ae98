using Lathe.Formats;
using Lathe.Formats.Keras;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using Lathe.Tests.Tensors;

namespace Lathe.Tests.Formats.Keras;

public class KerasImporterTests
{
    [Fact]
    public void InputsAndOutputsGoByTheirLayers()
    {
        var model = new TestModel();
        var graph = model.Input("left", 3).Input("right", 3).Layer("Add", "sum", "", "left right").Layer("Dense", "out", "", "sum", ("kernel", model.Random(3, 2)), ("bias", model.Random(2)))
            .Output("out").Output("sum").Import();

        Assert.Equal(["left", "right"], graph.Inputs.Select(i => ((Input)i.Op).InputName));
        Assert.Equal(["out", "sum"], graph.Outputs.Select(o => o.Name));
        Assert.Equal("out", graph.Outputs[0].Value.Node.Name);
    }

    [Fact]
    public void OpenExtentsTakeWhatTheUserGives()
    {
        var model = new TestModel().Input("x", -1, 4).Layer("Activation", "y", """ "activation": "relu" """);

        Assert.Equal(Shape.Of(1, 1, 4), model.Import().Outputs[0].Value.Shape);
        Assert.Equal(Shape.Of(5, 7, 4), model.Import(new() { InputShapes = InputShapes.Parse("x:[5,7,4]") }).Outputs[0].Value.Shape);
        Assert.Equal("LATHE3002", Assert.Throws<ModelException>(() => model.Import(new() { InputShapes = InputShapes.Parse("z:[5,7,4]") })).Code);
        Assert.Equal("LATHE3438", Assert.Throws<ModelException>(() => model.Import(new() { InputShapes = InputShapes.Parse("x:[5,7,3]") })).Code);
    }

    [Fact]
    public void SharedLayersAreCalledOften()
    {
        var model = new TestModel();
        var y = model.Input("a", 2).Input("b", 2).Layer("Dense", "shared", """ "use_bias": false """, ["a", "b"], ("kernel", Tensor.Of(Shape.Of(2, 1), 1f, 10)))
            .Layer("Concatenate", "both", """ "axis": -1 """, "shared:0 shared:1").Output("both").Run(Tensor.Of(Shape.Of(1, 2), 1f, 2), Tensor.Of(Shape.Of(1, 2), 3f, 4));

        Assert.Equal([21, 43], y[0].Span<float>().ToArray());
    }

    [Fact]
    public void AllThatIsUnsupportedIsListed()
    {
        var model = new TestModel().Input("x", 2).Layer("Lambda", "python", "", "x").Layer("Fancy", "own", "", "python").Layer("Activation", "act", """ "activation": "mine" """, "x")
            .Layer("Add", "y", "", "own act").Output("y");

        var error = Assert.Throws<UnsupportedException>(() => model.Import());

        Assert.Equal(3, error.Places.Count);
        Assert.StartsWith("layer 'python' (Lambda): it runs Python code", error.Places[0]);
        Assert.StartsWith("layer 'own' (Fancy): it is no layer of Keras's that can be read", error.Places[1]);
        Assert.Equal("layer 'act' (Activation): the activation 'mine' is not supported", error.Places[2]);
    }

    [Fact]
    public void WeightsAloneAreRefused()
    {
        var model = new TestModel();
        byte[] weights = model.Input("x", 3).Layer("Dense", "y", "", ("kernel", model.Random(3, 2)), ("bias", model.Random(2))).ToWeights();

        var error = Assert.Throws<ModelException>(() => KerasImporter.Import(weights));
        Assert.Equal("LATHE3413", error.Code);
        Assert.Contains("weights only", error.Message);
        Assert.Contains("to_json", error.Next);
    }

    [Fact]
    public void AConfigurationFindsTheWeightsBesideIt()
    {
        using var folder = new TemporaryFolder();
        var model = new TestModel();
        model.Input("x", 3).Layer("Dense", "y", "", ("kernel", model.Random(3, 2)), ("bias", model.Random(2)));
        File.WriteAllText(folder["net_config.json"], model.Config().ToJsonString());
        File.WriteAllBytes(folder["net_weights.h5"], model.ToWeights());

        Assert.Equal(Shape.Of(1, 2), ModelReader.Import(folder["net_config.json"]).Outputs[0].Value.Shape);
        Assert.Equal("LATHE3413", Assert.Throws<ModelException>(() => ModelReader.Import(folder["net_weights.h5"])).Code);
        File.Delete(folder["net_weights.h5"]);
        Assert.Equal("LATHE3422", Assert.Throws<ModelException>(() => ModelReader.Import(folder["net_config.json"])).Code);
    }

    [Fact]
    public void FilesAreToldByTheirContent()
    {
        using var folder = new TemporaryFolder();
        var model = new TestModel().Input("x", 2).Layer("Activation", "y", """ "activation": "relu" """);
        // A block of the user's may come before the file proper.
        File.WriteAllBytes(folder["a.bin"], [.. new byte[512], .. model.ToH5()]);
        File.WriteAllBytes(folder["b.bin"], model.ToKeras());

        Assert.Equal("Keras", ModelReader.Describe(folder["a.bin"]).Format);
        Assert.Equal("Keras", ModelReader.Describe(folder["b.bin"]).Format);
        Assert.Equal(3, ModelReader.Describe(folder["b.bin"]).Version);
        Assert.Single(ModelReader.Import(folder["a.bin"]).Outputs);
    }

    [Fact]
    public void HardSigmoidChangedWithKeras3()
    {
        var model = new TestModel().Input("x", 1).Layer("Activation", "y", """ "activation": "hard_sigmoid" """);
        var x = Tensor.Of(Shape.Of(1, 1), 1f);

        Assert.Equal(0.7f, TestModel.Evaluate(KerasImporter.Import(model.ToH5()), x).Single().Span<float>()[0], 1e-6);
        Assert.Equal(1 / 6f + 0.5f, TestModel.Evaluate(KerasImporter.Import(model.ToKeras()), x).Single().Span<float>()[0], 1e-6);
    }
}
