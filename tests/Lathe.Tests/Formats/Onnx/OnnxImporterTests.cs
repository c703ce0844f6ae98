using Lathe.Formats;
using Lathe.Formats.Onnx;
using Lathe.Formats.Onnx.Protobuf;
using Lathe.Graphs;
using Lathe.Tensors;
using static Lathe.Tests.Formats.Onnx.TestModel;

namespace Lathe.Tests.Formats.Onnx;

public class OnnxImporterTests
{
    [Fact]
    public void KeepsNamesOfInputsOutputsAndNodes()
    {
        var graph = new TestModel().Input("x", 2, 3).Node("Relu", "x", "y").Output("y").Import();

        Assert.Equal("graph test(x: f32[2,3]) {\n  %0 = Relu(x) 'relu_y' : f32[2,3]\n  return y = %0\n}\n", GraphText.Print(graph));
    }

    [Fact]
    public void TreatsAnInputWithAnInitializerAsAConstant()
    {
        var graph = new TestModel().Input("x", 2).Input("w", 2).Floats("w", [2], 1, 2).Node("Add", "x w", "y").Output("y").Import();

        Assert.Equal("graph test(x: f32[2]) {\n  %0 = Add(x, f32[2]{1, 2}) 'add_y' : f32[2]\n  return y = %0\n}\n", GraphText.Print(graph));
    }

    [Fact]
    public void LetsOutputsBeInputsOrConstants()
    {
        var graph = new TestModel().Input("x", 2).Floats("w", [2], 1, 2).Output("w").Output("x").Import();

        Assert.Equal("graph test(x: f32[2]) {\n  return w = f32[2]{1, 2}, x = x\n}\n", GraphText.Print(graph));
    }

    [Fact]
    public void ReadsNodesInAnyOrder()
    {
        var graph = new TestModel().Input("x", 2).Node("Relu", "a", "y").Node("Relu", "x", "a").Output("y").Import();

        Assert.Equal(3, graph.Nodes.Length);
    }

    [Fact]
    public void ReportsAllUnsupportedNodesThatOutputsNeed()
    {
        var model = new TestModel(11).Input("x", 2)
            .Node("Nothing", "x", "a").Node("Relu", "a", "b").Node("Never", "b", "c").Node("Unneeded", "x", "d").Output("c");
        model.Proto.Graph.Node[2].Domain = "my.domain";

        var error = Assert.Throws<UnsupportedException>(() => model.Import());

        Assert.Equal(
            ["node 'nothing_a' (Nothing, opset 11): the op is not supported", "node 'never_c' (Never, opset 1, my.domain): the domain 'my.domain' is not known"],
            error.Places);
    }

    [Fact]
    public void RefusesACycle()
    {
        var model = new TestModel().Input("x", 2).Node("Add", "x c", "b").Node("Relu", "b", "c").Output("c");

        Assert.Contains("depends on its own output", Assert.Throws<ModelException>(() => model.Import()).Message);
    }

    [Fact]
    public void RefusesAValueThatIsGivenTwice()
    {
        var model = new TestModel().Input("x", 2).Node("Relu", "x", "y").Node("Relu", "x", "y").Output("y");

        Assert.Contains("'y' is given twice", Assert.Throws<ModelException>(() => model.Import()).Message);
    }

    [Fact]
    public void RefusesAValueThatNothingGives()
    {
        var model = new TestModel().Input("x", 2).Node("Add", "x z", "y").Output("y");

        Assert.Equal("node 'add_y' (Add, opset 17): nothing gives the value 'z'", Assert.Throws<ModelException>(() => model.Import()).Message);
    }

    [Fact]
    public void NamesTheNodeWhoseInputsDoNotFit()
    {
        var model = new TestModel().Input("x", 2).Input("z", 3).Node("Add", "x z", "y").Output("y");

        Assert.StartsWith("node 'add_y' (Add", Assert.Throws<ModelException>(() => model.Import()).Message);
    }

    /// <summary>Then: x + x; else: a product that has no meaning for x: f32[2].</summary>
    private static TestModel Branching()
    {
        GraphProto Branch(string op, string inputs)
        {
            var graph = new GraphProto { Name = op };
            graph.Node.Add(NodeOf(op, inputs, $"{op}_out"));
            graph.Output.Add(new ValueInfoProto { Name = $"{op}_out" });
            return graph;
        }

        return new TestModel().Input("x", 2).TypedInput("c", 9).Floats("w", [3, 4], [.. new float[12]]).Output("y")
            .Node("If", "c", "y", Attribute("then_branch", Branch("Add", "x x")), Attribute("else_branch", Branch("MatMul", "x w")));
    }

    [Fact]
    public void AKnownInputDecidesBetweenBranchesThatDoNotSuitEachOther()
    {
        var graph = Branching().Import(new() { InputValues = InputValues.Parse("c:true") });

        Assert.Equal("y", graph.Outputs[0].Name);
        Assert.Equal("Add", graph.Outputs[0].Value.Node.Op.Name);
        Assert.Equal(2, graph.Inputs.Length);
        Assert.Throws<ModelException>(() => Branching().Import(new() { InputValues = InputValues.Parse("c:false") }));
    }

    [Fact]
    public void ABranchThatCannotBeComputedIsUnsupportedWhereTheConditionIsOpen()
    {
        var error = Assert.Throws<UnsupportedException>(() => Branching().Import());

        Assert.Contains("its else_branch cannot be computed (node 'matmul_MatMul_out' (MatMul", Assert.Single(error.Places));
    }

    [Fact]
    public void RefusesOperandsBeyondTheOps()
    {
        var model = new TestModel().Input("x", 2).Node("Relu", "x x", "y").Output("y");

        Assert.Contains("takes 1 at most", Assert.Throws<ModelException>(() => model.Import()).Message);
    }

    [Fact]
    public void RefusesEllipsesOfDifferentRanks()
    {
        var model = new TestModel().Input("a", 3, 3, 3).Input("b", 3, 3, 3, 3).Node("Einsum", "a b", "y", Attribute("equation", "...ii,...jj->...ij")).Output("y");

        Assert.Contains("different numbers of axes", Assert.Throws<ModelException>(() => model.Import()).Message);
    }

    [Fact]
    public void RefusesAZeroPointOfAnotherTypeThanTheOutput()
    {
        var model = new TestModel(21).Input("x", 2).Floats("s", [], 1).TypedInitializer("z", 3, 0).Node("QuantizeLinear", "x s z", "y", Attribute("output_dtype", 2L)).Output("y");

        Assert.Contains("zero point", Assert.Throws<ModelException>(() => model.Import()).Message);
    }

    [Fact]
    public void BindsSymbolsTheSameWayEverywhere()
    {
        var model = new TestModel().Input("x", "n", "m").Input("z", "n", 1).Node("Add", "x z", "y").Output("y");

        var graph = model.Import(new() { InputShapes = InputShapes.Parse("x:[4,?]"), DefaultDim = 7 });
        var open = model.Import(new() { BindSymbols = false });

        Assert.Equal([4, 7], graph.Outputs[0].Value.Shape.ToArray());
        Assert.Equal([4, 1], graph.Inputs[1].Shape.ToArray());
        Assert.Equal("[n,m]", open.Outputs[0].Value.Shape.ToString());
    }

    [Theory]
    [InlineData("x:[4,2] z:[5,1]", "'n' would be both 4 and 5")]
    [InlineData("q:[4,2]", "no input 'q'")]
    [InlineData("z:[4,2]", "axis 1 of the input 'z' is 1")]
    [InlineData("z:[4]", "has 2 axes")]
    public void RefusesShapesThatDoNotFit(string shapes, string message)
    {
        var model = new TestModel().Input("x", "n", "m").Input("z", "n", 1).Node("Add", "x z", "y").Output("y");

        Assert.Contains(message, Assert.Throws<ModelException>(() => model.Import(new() { InputShapes = InputShapes.Parse(shapes) })).Message);
    }

    [Fact]
    public void ExpandsFunctionsWithTheirAttributes()
    {
        var model = new TestModel().Input("x", 2).Output("y");
        var function = new FunctionProto { Name = "Twice", Domain = "mine" };
        function.Input.Add("a");
        function.Output.Add("c");
        function.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });
        function.Node.Add(NodeOf("Add", "a a", "b"));
        function.Node.Add(NodeOf("Relu", "b", "c"));
        model.Proto.Functions.Add(function);
        model.Node("Twice", "x", "y");
        model.Proto.Graph.Node[0].Domain = "mine";

        Assert.Equal(["Input", "Add", "Relu"], model.Import().Nodes.Select(n => n.Op.Name));
    }

    [Fact]
    public void RefusesAFunctionThatCallsItself()
    {
        var model = new TestModel().Input("x", 2).Output("y").Node("F", "x", "y");
        var function = new FunctionProto { Name = "F", Domain = "" };
        function.Input.Add("a");
        function.Output.Add("b");
        function.Node.Add(NodeOf("F", "a", "b"));
        model.Proto.Functions.Add(function);

        Assert.Contains("nested deeper", Assert.Throws<ModelException>(() => model.Import()).Message);
    }

    [Fact]
    public void RefusesATensorWhoseShapePromisesMoreThanItHas()
    {
        var model = new TestModel().Input("x", 2).Floats("w", [1L << 20, 1L << 8], 1, 2).Node("Add", "x w", "y").Output("y");

        Assert.Contains("needs 268435456", Assert.Throws<ModelException>(() => model.Import()).Message);
    }

    [Fact]
    public void RefusesFilesThatAreNotModels()
    {
        Assert.Equal("LATHE3011", Assert.Throws<ModelException>(() => OnnxImporter.Import(Array.Empty<byte>())).Code);
        Assert.Equal("LATHE3010", Assert.Throws<ModelException>(() => OnnxImporter.Import(new byte[] { 1, 2, 3, 255 })).Code);
    }
}
