using Lathe.Bench.Models;
using Lathe.Compilation.Verification;
using Lathe.Formats.Onnx;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Tensors;
using Value = Lathe.Graphs.Value;

namespace Lathe.Tests.Compilation.Verification;

public class ModelDiffTests
{
    private static readonly ModelDiff.RunGraph Evaluate = new GraphEvaluator().Run;

    private readonly Graph _model = Network(0.5);
    private readonly Dictionary<string, Tensor> _inputs = Compiled.RandomInputs(Network(0.5), seed: 1);

    [Fact]
    public void A_model_is_as_far_from_itself_as_nothing()
    {
        var layers = new ModelDiff(Evaluate, Evaluate).Run(_model, _model, _inputs);

        Assert.Equal(["stem", "scale", "y"], layers.Select(l => l.Name));
        Assert.All(layers, l => Assert.Equal(0, l.Error));
    }

    [Fact]
    public void The_first_layer_that_differs_is_found_and_can_be_taken_out()
    {
        var layers = new ModelDiff(Evaluate, Evaluate).Run(_model, Network(0.75), _inputs);
        var broken = layers.First(l => l.Relative > 1e-3);

        Assert.Equal("scale", broken.Name);
        Assert.True(layers[^1].Relative > 1e-3);
        var (part, elements) = ModelDiff.Isolate(_model, broken, _inputs);
        Assert.Equal(["Input", "Constant", "Mul"], part.Nodes.Select(n => n.Op.Name));
        var whole = Evaluate(new Graph("g", _model.Inputs, [new("y", _model.Nodes.Single(n => n.Op is Mul).Output)]), _inputs);
        Assert.True(Evaluate(part, elements)["y"].ContentEquals(whole["y"]));
    }

    [Fact]
    public void Layers_in_the_other_layout_are_compared()
    {
        var turned = new ToLayout(Layout.ChannelsLast).Run(_model);
        var layers = new ModelDiff(Evaluate, Evaluate).Run(_model, turned, _inputs);

        Assert.Equal(3, layers.Count);
        Assert.All(layers, l => Assert.InRange(l.Relative, 0, 1e-6));
    }

    [Fact]
    public void Contractions_are_matched_without_names()
    {
        var named = OnnxImporter.Import(BenchModels.Build("mnist").Onnx);
        var layers = new ModelDiff(Evaluate, Evaluate).Run(named, Unnamed(named), Compiled.RandomInputs(named, seed: 2));

        Assert.Equal(5, layers.Count);
        Assert.All(layers, l => Assert.Equal(0, l.Error));
    }

    [Fact]
    public void Models_with_other_inputs_are_refused()
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Float32, Shape.Of(3)));
        var other = new Graph("other", [x], [new("y", b.Add(new Relu(), x))]);

        Assert.Equal("LATHE5150", Assert.Throws<ModelException>(() => new ModelDiff(Evaluate, Evaluate).Run(_model, other, _inputs)).Code);
    }

    private static Graph Network(double factor)
    {
        var random = new Random(3);
        var b = new GraphBuilder();
        var x = b.Input("image", new(DType.Float32, Shape.Of(1, 3, 6, 5)));
        b.Origin = "stem";
        var y = b.Add(new Conv(Window.Of(3, 3), 1, Layout.ChannelsFirst), x, b.Constant(Graphs.RandomTensors.Of(random, DType.Float32, [4, 3, 3, 3], -1, 1)));
        b.Origin = "scale";
        y = b.Add(new Mul(), y, b.Scalar(factor, DType.Float32));
        b.Origin = "last";
        return new Graph("net", [x], [new("y", b.Add(new Relu(), y))]);
    }

    private static Graph Unnamed(Graph graph)
    {
        var builder = new GraphBuilder();
        var map = new Dictionary<Value, Value>();
        foreach (var node in graph.Nodes)
            foreach (var (old, made) in node.Outputs.Zip(builder.AddNode(node.Op, [.. node.Inputs.Select(v => map[v])]).Outputs))
                map[old] = made;
        return new Graph("unnamed", graph.Inputs.Select(v => map[v]), graph.Outputs.Select(o => o with { Value = map[o.Value] }));
    }
}
