using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Tests.Graphs;

/// <summary>What holds for every op of the assembly; an op without samples fails.</summary>
public partial class OpContractTests
{
    private const int Seed = 7;

    public static TheoryData<string> Names => [.. Ops.Select(t => t.Name)];

    private static IEnumerable<Type> Ops => typeof(Op).Assembly.GetTypes()
        .Where(t => !t.IsAbstract && t.IsSubclassOf(typeof(Op)) && t != typeof(Input) && t != typeof(Constant));

    [Fact]
    public void Every_op_has_samples_and_every_sample_set_an_op()
    {
        Assert.Equal(Ops.Select(t => t.Name).Order(), OpSamples.Covered.Select(t => t.Name).Order());
        Assert.All(Ops, op => Assert.NotEmpty(OpSamples.For(op, Seed)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Inferred_types_are_the_evaluated_types(string name) => ForEachSample(name, sample =>
    {
        var results = new GraphEvaluator(boundsChecked: true).Apply(sample.Op, sample.Inputs);
        Assert.Equal(sample.Op.Infer(sample.InputTypes), results.Select(t => new TensorType(t.Type, t.Shape)).ToEquatableArray());
    });

    [Theory]
    [MemberData(nameof(Names))]
    public void Kernels_keep_the_invariants_of_loops(string name) => ForEachSample(name, sample =>
    {
        var outputs = sample.Op.Infer(sample.InputTypes);
        switch (sample.Op)
        {
            case PrimitiveOp op: KernelVerifier.Verify(NaiveKernel.Of(op, sample.InputTypes, outputs[0])); break;
            case LoopOp op: KernelVerifier.Verify(NaiveKernel.Of(op, sample.InputTypes, outputs)); break;
        }
    });

    [Theory]
    [MemberData(nameof(Names))]
    public void A_composite_has_the_types_and_the_results_of_its_expansion(string name) => ForEachSample(name, sample =>
    {
        if (sample.Op is not CompositeOp op)
            return;
        var builder = new GraphBuilder();
        var inputs = sample.InputTypes.Select((type, i) => builder.Input($"{i}", type)).ToArray();
        var expansion = op.Expand(builder, inputs);
        Assert.Equal(op.Infer(sample.InputTypes), expansion.Select(v => v.Type).ToEquatableArray());
        var graph = new Graph("expansion", inputs, expansion.Select((v, i) => new GraphOutput($"{i}", v)));
        var tensors = sample.Inputs.Select((t, i) => (Name: $"{i}", Tensor: t)).ToDictionary(p => p.Name, p => p.Tensor);
        var expected = new GraphEvaluator().Run(graph, tensors);
        var whole = new GraphEvaluator().Apply(op, sample.Inputs);
        Assert.All(whole, (t, i) => Assert.True(t.ContentEquals(expected[$"{i}"])));
    });

    [Theory]
    [MemberData(nameof(Names))]
    public void Single_and_double_precision_agree(string name) => ForEachSample(name, sample =>
    {
        var single = new GraphEvaluator().Apply(sample.Op, sample.Inputs);
        var twice = new GraphEvaluator(doublePrecision: true).Apply(sample.Op, sample.Inputs);
        Assert.All(single.Zip(twice), p =>
        {
            Assert.Equal(p.First.ToString(), p.Second.ToString());
            for (long i = 0; i < p.First.Count; i++)
            {
                var (a, b) = (p.First.GetDouble(i), p.Second.GetDouble(i));
                Assert.True(a.Equals(b) || Math.Abs(a - b) <= 1e-4 + (1e-4 * Math.Abs(b)), $"element {i} is {a} in single and {b} in double precision");
            }
        });
    });

    [Theory]
    [MemberData(nameof(Names))]
    public void The_text_form_reads_back_to_the_same_op(string name) => ForEachSample(name, sample =>
    {
        var builder = new GraphBuilder();
        var inputs = sample.InputTypes.Select((type, i) => builder.Input($"x{i}", type)).ToArray();
        var node = builder.AddNode(sample.Op, inputs);
        var graph = new Graph("g", inputs, node.Outputs.Select((v, i) => new GraphOutput($"y{i}", v)));
        var again = GraphText.Parse(GraphText.Print(graph));
        Assert.Equal(sample.Op, again.Outputs[0].Value.Op);
        Assert.Equal(GraphText.Print(graph), GraphText.Print(again));
    });

    [Theory]
    [MemberData(nameof(Names))]
    public void Costs_are_not_negative(string name) => ForEachSample(name, sample =>
    {
        var builder = new GraphBuilder();
        var node = builder.AddNode(sample.Op, [.. sample.InputTypes.Select((type, i) => builder.Input($"{i}", type))]);
        Assert.True(sample.Op.Macs(node) >= 0 && sample.Op.Flops(node) >= 2 * sample.Op.Macs(node));
    });

    [Theory]
    [MemberData(nameof(Names))]
    public void A_missing_input_is_an_error_of_the_model(string name) => ForEachSample(name, sample =>
        Assert.Throws<ModelException>(() => new GraphBuilder().AddNode(sample.Op)));

    private static void ForEachSample(string name, Action<OpSample> check)
    {
        foreach (var sample in OpSamples.For(Ops.Single(t => t.Name == name), Seed))
        {
            try
            {
                check(sample);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{sample}: {e.Message}", e);
            }
        }
    }
}
