using Lathe.Compilation;
using Lathe.Compilation.Kernels;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Runtime;
using Lathe.Targets.Llvm;
using Lathe.Tensors;
using Lathe.Tests.Graphs;
using Lathe.Tests.Targets.Llvm;

namespace Lathe.Tests.Compilation.Kernels;

/// <summary>
/// Contractions whose panels of weights are large beside the second-level cache are summed up some channels at a time, and give what the evaluator
/// gives in double precision. The tolerance: at most 4,600 f32 products of sizes up to 1/64 err by some units of 2^-24 for partial sums near 1.
/// </summary>
public class ContractionStepsTests
{
    private const double Tolerance = 2e-5;

    /// <summary>Machines of several widths and threads with a second level that even short reductions are too long for.</summary>
    private static readonly MachineFacts[] Machines =
    [
        new(16, 16, 2, 8 << 10, 16 << 10), new(32, 16, 1, 8 << 10, 24 << 10), new(64, 32, 1, 16 << 10, 48 << 10), new(64, 32, 3, 16 << 10, 48 << 10),
    ];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 16)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Deep_contractions_give_the_evaluated_values(int seed)
    {
        var graph = Model(new Random(seed));
        var machine = Machines[seed % Machines.Length];
        CheckSchedules(graph, machine, seed);
    }

    [LlvmTheory]
    [InlineData(1)]
    [InlineData(2)]
    public void Native_deep_convolutions_give_the_evaluated_values(int threads)
    {
        var builder = new GraphBuilder();
        var x = builder.Input("x", new(DType.Float32, Shape.Of(1, 9, 9, 512)));
        var graph = new Graph("deep", [x], [new("y", Convolution(builder, new Random(3), x, 150, 3, stride: 1))]);
        var inputs = Compiled.RandomInputs(graph, 3);

        var group = Prepare(graph, Compiled.Native.Machine(threads)).Group;
        Assert.True(ContractionConfig.Of(ContractionOf(group, Compiled.Native.Machine(threads))).Steps > 0);
        Compiled.AssertClose(Compiled.Exact(graph, inputs), Compiled.Run(graph, inputs, Compiled.Native, threads), Tolerance, Tolerance);
    }

    [Fact]
    public void A_panel_that_the_cache_holds_is_summed_up_at_once()
    {
        var work = new Contraction(1, 7, 7, 512, 512, 1, 1, 1, DType.Float32);
        var deep = work with { KernelHeight = 3, KernelWidth = 3 };
        var machine = new MachineFacts(64, 32, 1, 32 << 10, 1 << 20);

        Assert.Equal(0, ContractionConfig.For(work, machine).Steps);
        Assert.Equal(512, ContractionConfig.For(deep, machine).Steps);
        Assert.Equal(0, ContractionConfig.For(deep with { Height = 1, Width = 1 }, machine).Steps);
    }

    [LlvmFact]
    public void Addresses_of_places_in_several_image_rows_are_not_joined_to_vectors()
    {
        var target = Target.Parse("llvm -mtriple=x86_64-linux-gnu -mcpu=znver4");
        var builder = new GraphBuilder();
        var x = builder.Input("x", new(DType.Float32, Shape.Of(1, 15, 15, 512)));
        var graph = new Graph("deep", [x], [new("y", Convolution(builder, new Random(3), x, 64, 3, stride: 2))]);
        var (prepared, group, grouped) = Prepare(graph, target.Machine(1));
        var kernel = grouped.Generators.Lower(group, Schedule.TryParse("direct rows=6 vectors=4 tiles=9 unroll=4 steps=512")!);
        var program = LoopPipeline.Run(new ProgramAssembly(prepared, new Views(prepared, grouped.Order)).Assemble([kernel], []), target);

        string code = LlvmCompiler.PrintAssembly(program.Program, LlvmTarget.Parse(target.ToString()));

        Assert.Contains("vfmadd", code, StringComparison.Ordinal);
        Assert.DoesNotContain("vpextrq", code, StringComparison.Ordinal);
    }

    private static Schedule ContractionOf(Group group, MachineFacts machine) => new ContractionKernels(machine, new HashSet<Value>()).Default(group);

    private static (Graph Graph, Group Group, GroupedGraph Grouped) Prepare(Graph graph, MachineFacts machine)
    {
        var prepared = new Compiler(new(Compiled.Managed, 1), new()).Optimize(graph);
        var grouped = GroupedGraph.Of(prepared, machine, exact: true);
        return (prepared, grouped.Groups.Single(g => g.Anchor is { Inputs.Length: > 1 }), grouped);
    }

    /// <summary>Some of the schedules that sum up in steps, each as a program of its own.</summary>
    private static void CheckSchedules(Graph graph, MachineFacts machine, int seed)
    {
        var inputs = Compiled.RandomInputs(graph, seed);
        var expected = Compiled.Exact(graph, inputs);
        var (prepared, group, grouped) = Prepare(graph, machine);
        var schedules = grouped.Generators.Space(group).Where(s => s.Find("steps") > 0).ToList();
        Assert.NotEmpty(schedules);
        foreach (var schedule in schedules.Where((_, i) => i % Math.Max(1, schedules.Count / 3) == 0))
        {
            var program = new ProgramAssembly(prepared, new Views(prepared, grouped.Order)).Assemble([grouped.Generators.Lower(group, schedule)], []);
            using var model = Compiled.LoadManaged(LoopPipeline.Run(program, Compiled.Managed));
            using var session = new Session(model, machine.Threads);
            var comparison = TensorComparison.Of(session.Run(inputs)["y"], expected["y"], Tolerance, Tolerance);
            Assert.True(comparison.Matches, $"{schedule}: {comparison}");
        }
    }

    private static Graph Model(Random random)
    {
        int Between(int low, int high) => random.Next(low, high + 1);
        var builder = new GraphBuilder();
        long depth = 256 * Between(1, 2), columns = Between(9, 90);
        if (Between(0, 1) == 0)
        {
            var a = builder.Input("a", new(DType.Float32, Shape.Of(Between(1, 2), Between(7, 40), depth)));
            var product = builder.Add(new MatMul(false, false), a, builder.Constant(RandomTensors.Of(random, DType.Float32, [depth, columns], -0.03, 0.03)));
            var bias = builder.Constant(RandomTensors.Of(random, DType.Float32, [columns], -1, 1));
            return new Graph("product", [a], [new("y", builder.Add(new Tanh(), builder.Add(new Add(), product, bias)))]);
        }
        int kernel = Between(1, 2) == 1 ? 1 : 2;
        var x = builder.Input("x", new(DType.Float32, Shape.Of(Between(1, 2), Between(4, 8), Between(4, 9), depth)));
        return new Graph("convolution", [x], [new("y", Convolution(builder, random, x, columns, kernel, Between(1, 2)))]);
    }

    private static Value Convolution(GraphBuilder builder, Random random, Value x, long columns, int kernel, long stride)
    {
        var window = Window.Of(kernel, kernel) with { Strides = [stride, stride] };
        var weights = builder.Constant(RandomTensors.Of(random, DType.Float32, [kernel, kernel, x.Shape[3].Value, columns], -0.03, 0.03));
        return builder.Add(new Relu(), builder.Add(new Conv(window, 1, Layout.ChannelsLast), x, weights));
    }
}
