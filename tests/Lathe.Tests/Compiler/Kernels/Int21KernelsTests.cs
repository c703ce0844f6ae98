using Lathe.Compilation;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Runtime;
using Lathe.Tensors;
using Lathe.Tests.Graphs;
using Lathe.Tests.Targets.Llvm;

namespace Lathe.Tests.Compilation.Kernels;

/// <summary>
/// Dense layers of few places with many weights read these as numbers of 21 bits, and give what the evaluator gives in double precision. The tolerance is that of
/// sums in f32: at most 700 products of sizes up to 1.
/// </summary>
public sealed class Int21KernelsTests
{
    private const double Tolerance = 2e-5;

    /// <summary>Machines of several widths and threads, of which a few thousand weights are more than half of the second level.</summary>
    private static readonly MachineFacts[] Machines =
    [
        .. new MachineFacts[] { new(16, 16, 2, 4 << 10, 16 << 10), new(32, 16, 1, 4 << 10, 16 << 10), new(64, 32, 1, 4 << 10, 16 << 10), new(64, 32, 3, 4 << 10, 16 << 10) }
            .Select(m => m with { FunnelShifts = true }),
    ];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 16)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Dense_layers_give_the_evaluated_values(int seed)
    {
        var (graph, machine) = (Model(new Random(seed)), Machines[seed % Machines.Length]);
        var (prepared, group, grouped) = Prepare(graph, machine);
        Assert.Equal("int21", grouped.Generators.Default(group).Generator);
        var schedules = grouped.Generators.Space(group).Where(s => s.Generator == "int21").ToList();
        foreach (var schedule in schedules.Where((_, i) => i % Math.Max(1, schedules.Count / 3) == 0))
            Check(graph, Compiled.RandomInputs(graph, seed), prepared, grouped, group, schedule, machine, Tolerance);
    }

    [LlvmTheory]
    [InlineData(1)]
    [InlineData(2)]
    public void Native_dense_layers_give_the_evaluated_values(int threads)
    {
        var graph = Dense(new Random(3), places: 2, depth: 700, columns: 1000, transposed: true);
        var inputs = Compiled.RandomInputs(graph, 3);

        Compiled.AssertClose(Compiled.Exact(graph, inputs), Compiled.Run(graph, inputs, Compiled.Native, threads), Tolerance, Tolerance);
    }

    [Theory]
    [InlineData(1e30f)]
    [InlineData(1e-30f)]
    public void Data_may_be_as_large_and_small_as_floats_are(float size)
    {
        var (graph, machine) = (Dense(new Random(1), 1, 200, 100, transposed: false), Machines[2]);
        var (prepared, group, grouped) = Prepare(graph, machine);
        var inputs = Compiled.RandomInputs(graph, 1);
        foreach (ref float x in inputs["x"].Span<float>())
            x *= size;

        Check(graph, inputs, prepared, grouped, group, grouped.Generators.Default(group), machine, Tolerance * size);
    }

    [Fact]
    public void What_is_near_or_has_many_places_or_is_to_be_exact_is_read_as_it_is()
    {
        var machine = Machines[2];
        string Generator(Graph graph, MachineFacts on, bool exact = false) => Prepare(graph, on, exact) is var (_, group, grouped) ? grouped.Generators.Default(group).Generator : "";
        Graph Of(long places) => Dense(new Random(2), places, 200, 100, transposed: false);

        Assert.Equal("int21", Generator(Of(1), machine));
        Assert.Equal("direct", Generator(Of(9), machine));
        Assert.Equal("direct", Generator(Of(1), machine with { L2Bytes = 1 << 20 }));
        Assert.Equal("direct", Generator(Of(1), machine with { FunnelShifts = false }));
        Assert.Equal("direct", Generator(Of(1), machine, exact: true));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Panels_are_read_forth_and_back_and_give_the_same_bits(int threads)
    {
        var machine = Machines[2] with { Threads = threads };
        var (graph, inputs) = (Dense(new Random(4), 1, 120, 100, transposed: false), Compiled.RandomInputs(Dense(new Random(4), 1, 120, 100, transposed: false), 4));
        var (prepared, group, grouped) = Prepare(graph, machine);
        var kernel = grouped.Generators.Lower(group, grouped.Generators.Default(group));
        Assert.IsType<Operand.Kept>(kernel.Operands[^1]);
        using var model = Compiled.LoadManaged(LoopPipeline.Run(new ProgramAssembly(prepared, new Views(prepared, grouped.Order)).Assemble([kernel], []), Compiled.Managed));
        using var session = new Session(model, threads);

        var runs = Enumerable.Range(0, 4).Select(_ => session.Run(inputs)["y"].Bytes.ToArray()).ToList();

        Assert.All(runs, run => Assert.Equal(runs[0], run));
        Compiled.AssertClose(Compiled.Exact(graph, inputs), session.Run(inputs), Tolerance, Tolerance);
    }

    [Theory]
    [InlineData(3, 2)]
    [InlineData(6, 4)]
    public void Two_loads_are_three_vectors(int vectors, int loads)
    {
        var (graph, machine) = (Dense(new Random(5), 1, 64, 192, transposed: false), Machines[2]);
        var (_, group, grouped) = Prepare(graph, machine);

        string kernel = LoopText.Print(grouped.Generators.Lower(group, Schedule.TryParse($"int21 rows=1 vectors={vectors} tiles=1 unroll=1")!).Kernel);

        var loaded = kernel.Split("x1[ramp(")[1..].Select(load => load[..load.IndexOf(", 1, 16)", StringComparison.Ordinal)]);
        Assert.Equal(loads, loaded.Distinct().Count());
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    public void One_thread_scales_data_once_and_several_do_it_for_each_panel(int threads, int indent)
    {
        var (graph, machine) = (Dense(new Random(6), 1, 1024, 256, transposed: false), Machines[2] with { Threads = threads });
        var (_, group, grouped) = Prepare(graph, machine);

        string kernel = LoopText.Print(grouped.Generators.Lower(group, Schedule.TryParse("int21 rows=1 vectors=4 tiles=1 unroll=1")!).Kernel);

        string scaled = Assert.Single(kernel.Split('\n'), line => line.TrimStart().StartsWith("local ", StringComparison.Ordinal) && line.Contains("1024]", StringComparison.Ordinal));
        Assert.Equal(indent, (scaled.Length - scaled.TrimStart().Length) / 2);
    }

    private static (Graph Graph, Group Group, GroupedGraph Grouped) Prepare(Graph graph, MachineFacts machine, bool exact = false)
    {
        var prepared = new Compiler(new(Compiled.Managed, 1), new()).Optimize(graph);
        var grouped = GroupedGraph.Of(prepared, machine, exact);
        return (prepared, grouped.Groups.Single(g => g.Anchor is { Inputs.Length: > 1 }), grouped);
    }

    private static void Check(
        Graph graph, IReadOnlyDictionary<string, Tensor> inputs, Graph prepared, GroupedGraph grouped, Group group, Schedule schedule, MachineFacts machine, double absolute)
    {
        var program = new ProgramAssembly(prepared, new Views(prepared, grouped.Order)).Assemble([.. grouped.Groups.Select(g => grouped.Generators.Lower(g, g == group ? schedule : grouped.Generators.Default(g)))], []);
        using var model = Compiled.LoadManaged(LoopPipeline.Run(program, Compiled.Managed));
        using var session = new Session(model, machine.Threads);
        var comparison = TensorComparison.Of(session.Run(inputs)["y"], Compiled.Exact(graph, inputs)["y"], Tolerance, absolute);
        Assert.True(comparison.Matches, $"{schedule}: {comparison}");
    }

    private static Graph Model(Random random)
    {
        int Between(int low, int high) => random.Next(low, high + 1);
        if (Between(0, 2) > 0)
            return Dense(random, Between(1, 4), 32 * Between(4, 20), Between(70, 140), transposed: Between(0, 1) == 1);
        var builder = new GraphBuilder();
        var x = builder.Input("x", new(DType.Float32, Shape.Of(1, 3, 3, 32)));
        var weights = builder.Constant(RandomTensors.Of(random, DType.Float32, [3, 3, 32, Between(64, 90)], -1, 1));
        return new Graph("window", [x], [new("y", builder.Add(new Relu(), builder.Add(new Conv(Window.Of(3, 3), 1, Layout.ChannelsLast), x, weights)))]);
    }

    private static Graph Dense(Random random, long places, long depth, long columns, bool transposed)
    {
        var builder = new GraphBuilder();
        var x = builder.Input("x", new(DType.Float32, Shape.Of(places, depth)));
        var weights = builder.Constant(RandomTensors.Of(random, DType.Float32, transposed ? [columns, depth] : [depth, columns], -1, 1));
        var bias = builder.Constant(RandomTensors.Of(random, DType.Float32, [columns], -1, 1));
        return new Graph("dense", [x], [new("y", builder.Add(new Add(), builder.Add(new MatMul(false, transposed), x, weights), bias))]);
    }
}
